import ClusterModel

/// What is reported of an instance.
extension InstanceMachine {
    package var observed: ObservedInstance {
        let desired = record?.desired ?? deletion
        var observed = ObservedInstance(
            id: id, name: desired?.name ?? Self.nameless, generation: desired?.generation ?? 0, state: state,
            reason: wanted == .unknown && !isUnclaimed ? quarantineReason : reason, address: phase.vmm == nil ? nil : address, pid: phase.vmm?.pid,
            restarts: record?.restarts ?? 0, reboots: record?.reboots ?? desired?.reboots ?? 0, timings: marks.timings,
            resources: phase == .absent || isUnclaimed ? .zero : desired?.resources ?? .zero, storage: observedStorage)
        if let order = desired?.migration {
            observed.migration = migration.report(of: order)
        } else if busy == .resume {
            // Till it goes on, its part is not over.
            observed.migration = migration.report
        }
        return observed
    }

    /// What is told of it as absent is so, and the controller knows.
    package var isGone: Bool { phase == .absent && observed.state == .absent }

    /// Files without a record, of which the controller has not spoken yet.
    private var isUnclaimed: Bool { isWanted && record == nil && phase == .halted }

    private static let nameless = try! Name("unknown")

    private var quarantineReason: String {
        doubt ?? (phase.vmm == nil ? "files of it are here and no desired spec speaks of it" : "it runs here and no desired spec speaks of it")
    }

    private var state: ObservedInstance.State {
        let wanted = wanted
        if wanted == .unknown { return phase == .absent || isUnclaimed ? .absent : .quarantined }
        let isReceiving = record?.desired.migration?.part == .receive && wanted != .deleted
        switch phase {
        case .absent where isReceiving, .launching where isReceiving, .running where isReceiving, .halted where isReceiving: return .preparing
        // It is on its way, as far as it may go without its lease.
        case .absent where wanted == .withheld, .halted where wanted == .withheld: return record?.hasRun == true ? .starting : .preparing
        case .absent: return wanted == .deleted ? .absent : wanted == .stopped ? .stopped : .preparing
        case .launching(let step): return step == .startVMM || record?.hasRun == true ? .starting : .preparing
        case .running: return .running
        case .stopping: return .stopping
        case .halted: return wanted == .deleted ? .stopping : .stopped
        case .failed: return wanted == .deleted ? .stopping : .failed
        }
    }
}
