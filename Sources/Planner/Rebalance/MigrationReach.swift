import ClusterModel

/// To which nodes an instance can migrate as it is, room and constraints aside.
package enum MigrationReach: Hashable, Sendable {
    case anywhere
    /// It can't leave its node.
    case nowhere
    /// Stopped: to every node that takes migrations and has its architecture.
    case architecture(Architecture)
    /// Running: to nodes whose guests have the same machine.
    case alike(Machine)

    /// What a running guest sees of its node.
    package struct Machine: Hashable, Sendable {
        let architecture: Architecture
        let vmm: VMMKind
        let vmmVersion: String
        let machine: String

        /// Nil where the node takes no migrations.
        package init?(_ facts: NodeFacts) {
            guard let migration = facts.migration else { return nil }
            architecture = facts.architecture
            vmm = facts.vmm
            vmmVersion = facts.vmmVersion
            machine = migration.machine
        }
    }

    /// As far as lists show it; the ledger has the last word.
    init(_ instance: Instance, on home: Machine?) {
        guard let home, instance.placement?.network == nil else {
            self = .nowhere
            return
        }
        switch (instance.spec.desired, instance.status.state) {
        case (.running, .running): self = .alike(home)
        case (.stopped, .stopped): self = .architecture(home.architecture)
        default: self = .nowhere
        }
    }

    func includes(_ machine: Machine?) -> Bool {
        switch self {
        case .anywhere: true
        case .nowhere: false
        case .architecture(let wanted): machine?.architecture == wanted
        case .alike(let wanted): machine == wanted
        }
    }
}
