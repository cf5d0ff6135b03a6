import ClusterModel

/// What this node has done of its part in a migration.
struct MigrationPart: Hashable, Sendable {
    /// Of the order that it names; nil before anything was done.
    var report: MigrationReport?
    /// The guest stands still, or may: it goes on by the ledger's word alone.
    var isHeld = false

    func report(of order: MigrationOrder) -> MigrationReport? { report?.id == order.id ? report : nil }
}

extension InstanceMachine {
    /// What there is to do of a migration, and of its end.
    /// - Returns: false where it changes nothing of the usual next step.
    mutating func advanceMigration(_ now: Duration, _ effects: inout [InstanceEffect]) -> Bool {
        let wanted = wanted
        guard wanted != .withheld, wanted != .unknown, wanted != .deleted, let order = record?.desired.migration else {
            return endPart(wanted, &effects)
        }
        let report = migration.report(of: order)
        if report?.stage == .failed { return order.part == .receive }
        switch (order.part, order.live, phase) {
        case (.receive, true, .running), (.receive, false, .launching(.startVMM)):
            if busy == nil, report?.stage != .received { begin(.receive, &effects) }
            return true
        case (.receive, _, .absent), (.receive, _, .launching), (.receive, _, .halted):
            launch(now, &effects)
            return true
        case (.receive, _, .failed): return true
        case (.send, true, .running), (.send, false, .halted):
            if busy == nil, report?.stage != .handedOver { begin(.send, &effects) }
            return true
        // The other node may be its owner by now.
        case (.send, true, .halted), (.send, true, .launching): return migration.isHeld
        default: return false
        }
    }

    /// The ledger has said who goes on, or the lease is over.
    private mutating func endPart(_ wanted: Wanted, _ effects: inout [InstanceEffect]) -> Bool {
        if busy == .send || busy == .receive {
            // What was cut short may have been through.
            if busy == .send, phase.vmm != nil { migration.isHeld = true }
            if wanted == .withheld || wanted == .deleted, phase.vmm != nil { return false }
            abandon(&effects)
            return true
        }
        // The other node may be its owner by now: not even its files are made ready.
        guard record?.desired.migration == nil else { return migration.isHeld && wanted == .withheld && phase.vmm == nil }
        guard migration.isHeld, wanted == .running || wanted == .rebooted, case .running = phase else {
            if phase.vmm == nil { migration = MigrationPart() }
            return false
        }
        begin(.resume, &effects)
        return true
    }

    mutating func take(_ report: MigrationReport) {
        guard let order = record?.desired.migration, order.id == report.id, busy == .send || busy == .receive else { return }
        migration.report = report
        if report.stage == .handedOver || report.stage == .received { migration.isHeld = order.live }
    }

    mutating func failMigration(_ work: InstanceWork, _ sentence: String, _ now: Duration) {
        guard work != .resume else {
            // It never came whole: it begins again from its disk.
            if case .running(let vmm, _) = phase { phase = .stopping(vmm, hardAt: now, urgeAt: now) }
            reason = sentence
            return
        }
        guard let order = record?.desired.migration else { return }
        migration.report = MigrationReport(id: order.id, stage: .failed, reason: sentence)
        migration.isHeld = order.part == .receive && order.live
    }

    /// - Returns: true where its VMM's end is a matter of the migration: nothing is started again before the ledger's word.
    mutating func endInMigration(_ exit: VMMExit) -> Bool {
        guard let order = record?.desired.migration, order.live else { return false }
        if order.part == .receive {
            phase = .failed
            reason = "its VMM \(exit.words)"
            migration.report = MigrationReport(id: order.id, stage: .failed, reason: reason)
            return true
        }
        guard !migration.isHeld else {
            reason = "its VMM \(exit.words) after it had handed over its guest"
            return true
        }
        migration.report = MigrationReport(id: order.id, stage: .failed, reason: "its VMM \(exit.words)")
        return false
    }
}

extension DesiredInstance {
    /// The same but for a part in a migration, which begins or ends.
    func differsInMigrationAlone(from other: DesiredInstance) -> Bool {
        var plain = self
        plain.migration = other.migration
        plain.generation = other.generation
        return plain == other && migration != other.migration
    }
}
