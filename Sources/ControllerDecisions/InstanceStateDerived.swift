import ClusterModel

extension InstanceState {
    /// The state that is shown, from what is wanted and what was seen.
    /// - Parameters:
    ///   - current: the node had acted on the latest generation when it reported.
    ///   - health: of the node; nil for an instance without one.
    package init(desired: DesiredState, observed: ObservedInstance.State?, current: Bool, quarantined: Bool, health: Node.Health?) {
        switch health {
        case nil: self = .pending
        case .suspect, .lost: self = desired == .deleted ? .deleting : quarantined ? .quarantined : .unknown
        case .alive: self = quarantined ? .quarantined : Self.onAliveNode(desired: desired, observed: observed, current: current)
        }
    }

    /// While it moves: what is known is what its former node makes of it.
    package init(leaving health: Node.Health, desired: DesiredState) {
        switch (health, desired) {
        case (_, .deleted): self = .deleting
        case (.alive, .running), (.alive, .stopped): self = .stopping
        case (.suspect, _), (.lost, _): self = .unknown
        }
    }

    private static func onAliveNode(desired: DesiredState, observed: ObservedInstance.State?, current: Bool) -> Self {
        switch (desired, observed) {
        case (.deleted, nil), (.deleted, .preparing), (.deleted, .starting), (.deleted, .running), (.deleted, .stopping), (.deleted, .stopped),
            (.deleted, .failed), (.deleted, .absent), (.deleted, .quarantined):
            .deleting
        case (.running, nil), (.running, .absent): .scheduled
        case (.running, .preparing): .preparing
        case (.running, .starting): .starting
        case (.running, .running): .running
        case (.running, .stopping): .stopping
        case (.running, .stopped): current ? .stopped : .scheduled
        case (.running, .failed): current ? .failed : .scheduled
        case (.running, .quarantined), (.stopped, .quarantined): .quarantined
        case (.stopped, nil), (.stopped, .preparing), (.stopped, .starting), (.stopped, .running), (.stopped, .stopping): .stopping
        case (.stopped, .stopped), (.stopped, .absent): .stopped
        case (.stopped, .failed): current ? .failed : .stopping
        }
    }
}

extension InstanceOperation.Kind {
    /// Done when the node has seen to the instance's disks.
    var isOfDisks: Bool {
        switch self {
        case .attach, .detach, .grow, .snapshot, .deleteSnapshot, .restore, .export, .rebuild: true
        case .launch, .start, .stop, .reboot, .delete, .move, .resize, .migrate: false
        }
    }
}

extension InstanceOperation {
    enum Progress: Equatable {
        case goesOn
        case succeeded(String?)
        case failed(String)
    }

    /// What a node's report says of an operation. A report of an older generation says nothing.
    func progress(observed: ObservedInstance.State?, generation: Int64, rebooted: Bool, reason: String?, storage: ObservedStorage? = nil) -> Progress
    {
        guard generation >= self.generation else { return .goesOn }
        if kind.isOfDisks { return progress(of: storage) }
        let why = reason ?? "the node gave no reason"
        switch (kind, observed) {
        case (.launch, .running), (.start, .running), (.move, .running): return .succeeded(nil)
        case (.move, .stopped): return .succeeded(nil)
        case (.launch, .stopped), (.start, .stopped): return .succeeded("The guest ran and has stopped by itself.")
        case (.reboot, .running), (.resize, .running): return rebooted ? .succeeded(nil) : .goesOn
        case (.resize, .stopped): return .succeeded(nil)
        case (.reboot, .stopped): return rebooted ? .succeeded("The guest has stopped since.") : .goesOn
        case (.launch, .failed), (.start, .failed), (.reboot, .failed), (.resize, .failed), (.move, .failed): return .failed(why)
        case (.stop, .stopped), (.stop, .absent): return .succeeded(nil)
        case (.stop, .failed): return .failed(why)
        case (.delete, .absent): return .succeeded(nil)
        case (.delete, .failed): return .goesOn
        case (.launch, nil), (.launch, .preparing), (.launch, .starting), (.launch, .stopping), (.launch, .absent), (.launch, .quarantined),
            (.move, nil), (.move, .preparing), (.move, .starting), (.move, .stopping), (.move, .absent), (.move, .quarantined),
            (.start, nil), (.start, .preparing), (.start, .starting), (.start, .stopping), (.start, .absent), (.start, .quarantined),
            (.stop, nil), (.stop, .preparing), (.stop, .starting), (.stop, .running), (.stop, .stopping), (.stop, .quarantined),
            (.reboot, nil), (.reboot, .preparing), (.reboot, .starting), (.reboot, .stopping), (.reboot, .absent), (.reboot, .quarantined),
            (.resize, nil), (.resize, .preparing), (.resize, .starting), (.resize, .stopping), (.resize, .absent), (.resize, .quarantined),
            (.delete, nil), (.delete, .preparing), (.delete, .starting), (.delete, .running), (.delete, .stopping), (.delete, .stopped),
            (.delete, .quarantined), (.attach, _), (.detach, _), (.grow, _), (.snapshot, _), (.deleteSnapshot, _), (.restore, _), (.export, _),
            (.rebuild, _),
            // The ledger ends it, by the words of both nodes.
            (.migrate, _):
            return .goesOn
        }
    }

    private func progress(of storage: ObservedStorage?) -> Progress {
        guard let storage, storage.generation >= generation else { return .goesOn }
        return storage.failure.map { .failed($0) } ?? .succeeded(nil)
    }
}
