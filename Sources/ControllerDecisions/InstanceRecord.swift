import ClusterModel

/// An instance and what the ledger knows of it beside its public face.
package struct InstanceRecord: Hashable, Sendable, Codable {
    package var instance: Instance
    /// The number of the latest change of what its node shall do; what a node has `seen` is compared with it.
    package var desiredRevision: Int64
    /// As last reported by the node that it is placed on; nil before the first report.
    package var observed: ObservedInstance.State?
    package var observedReboots: Int64
    /// The operation that is under way.
    package var operation: OperationID?
    /// Found on a node and not placed by this ledger, so there is no decision to explain.
    package var found: Bool
    package var adopted: Bool
    /// The time for one stop, where the request named another than the instance's own.
    package var stopWithin: Milliseconds?

    package init(instance: Instance, desiredRevision: Int64, operation: OperationID?, found: Bool = false) {
        self.instance = instance
        self.desiredRevision = desiredRevision
        self.observedReboots = 0
        self.operation = operation
        self.found = found
        self.adopted = false
    }

    package var id: InstanceID { instance.id }

    /// Found on a node and waiting for an operator's word.
    package var isQuarantined: Bool { found && !adopted && instance.spec.desired != .deleted }

    package var isPending: Bool { instance.placement == nil }

    /// What its node is told; nil where there is nothing to tell.
    package var desired: DesiredInstance? {
        guard instance.placement != nil, !isQuarantined else { return nil }
        return DesiredInstance(
            id: instance.id, name: instance.name, project: instance.project, generation: instance.generation, desired: instance.spec.desired,
            resources: instance.spec.resources, image: instance.spec.image, restart: instance.spec.restart, reboots: instance.spec.reboots,
            stopTimeout: stopWithin ?? instance.spec.stopTimeout, adopt: adopted,
            fenced: instance.spec.recovery == .fenced, seeded: instance.spec.seed != nil)
    }

    /// Sets the state that follows from what is desired and observed, and notes the transition where it is another.
    mutating func settle(health: Node.Health?, at now: Timestamp, reason: String) {
        let state = InstanceState(
            desired: instance.spec.desired, observed: observed, current: instance.status.observedGeneration >= instance.generation,
            quarantined: isQuarantined, health: health)
        guard state != instance.status.state else { return }
        instance.history.append(Transition(at: now, from: instance.status.state, to: state, reason: reason))
        if instance.history.count > Transition.kept { instance.history.removeFirst(instance.history.count - Transition.kept) }
        instance.status.state = state
        instance.status.since = now
    }
}

/// Names are unique in a project.
package struct ProjectName: Hashable, Sendable {
    package var project: Name
    package var name: Name
    package init(project: Name, name: Name) {
        self.project = project
        self.name = name
    }
}
