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
    /// The moment of its end that people have been warned of.
    package var expiryWarned: Timestamp?
    package var move: InstanceMove?
    /// To be started again when its node takes instances again.
    package var stoppedByDrain: Bool
    /// What its node is told of its disks.
    package var storage: InstanceStorage?
    package var migration: InstanceMigration?
    /// In a row, since somebody last asked for one.
    package var failedMigrations = 0

    package init(instance: Instance, desiredRevision: Int64, operation: OperationID?, found: Bool = false) {
        self.instance = instance
        self.desiredRevision = desiredRevision
        self.observedReboots = 0
        self.operation = operation
        self.found = found
        self.adopted = false
        self.stoppedByDrain = false
    }

    /// Also reads what was stored before instances moved.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        instance = try fields.decode(Instance.self, forKey: .instance)
        desiredRevision = try fields.decode(Int64.self, forKey: .desiredRevision)
        observed = try fields.decodeIfPresent(ObservedInstance.State.self, forKey: .observed)
        observedReboots = try fields.decode(Int64.self, forKey: .observedReboots)
        operation = try fields.decodeIfPresent(OperationID.self, forKey: .operation)
        found = try fields.decode(Bool.self, forKey: .found)
        adopted = try fields.decode(Bool.self, forKey: .adopted)
        stopWithin = try fields.decodeIfPresent(Milliseconds.self, forKey: .stopWithin)
        expiryWarned = try fields.decodeIfPresent(Timestamp.self, forKey: .expiryWarned)
        move = try fields.decodeIfPresent(InstanceMove.self, forKey: .move)
        stoppedByDrain = try fields.decodeIfPresent(Bool.self, forKey: .stoppedByDrain) ?? false
        storage = try fields.decodeIfPresent(InstanceStorage.self, forKey: .storage)
        migration = try fields.decodeIfPresent(InstanceMigration.self, forKey: .migration)
        failedMigrations = try fields.decodeIfPresent(Int.self, forKey: .failedMigrations) ?? 0
    }

    package var id: InstanceID { instance.id }

    /// Found on a node and waiting for an operator's word.
    package var isQuarantined: Bool { found && !adopted && instance.spec.desired != .deleted }

    package var isPending: Bool { instance.placement == nil }

    /// Its former node has not confirmed yet that nothing of it is left there.
    package var isLeaving: Bool { move.map { $0.proof == nil } ?? false }

    /// Nothing is lost when it begins anew from its image on another node. What is in its volumes and snapshots would be.
    package var mayMove: Bool { !found && storage?.keepsData != true && (instance.spec.recovery == .fenced || instance.spec.ephemeral) }

    /// It is placed elsewhere by itself when its node is lost: fenced, or never told to that node at all.
    package var leavesLostNode: Bool { !found && (instance.spec.recovery == .fenced || isLeaving) }

    /// What its node is told; nil where there is nothing to tell.
    package var desired: DesiredInstance? {
        guard instance.placement != nil, !isQuarantined, !isLeaving else { return nil }
        guard let migration, migration.phase == .sending else { return told }
        var told = told
        told.migration = migration.order(.send)
        return told
    }

    /// The same, whether or not it may be told yet.
    var told: DesiredInstance {
        DesiredInstance(
            id: instance.id, name: instance.name, project: instance.project, generation: instance.generation, desired: instance.spec.desired,
            resources: instance.spec.resources, image: instance.spec.image, restart: instance.spec.restart, reboots: instance.spec.reboots,
            stopTimeout: stopWithin ?? instance.spec.stopTimeout, adopt: adopted,
            fenced: instance.spec.recovery == .fenced, seeded: instance.spec.seed != nil, storage: storage,
            network: instance.placement?.network)
    }

    /// Sets the state that follows from what is desired and observed, and notes the transition where it is another.
    mutating func settle(health: Node.Health?, at now: Timestamp, reason: String) {
        let state =
            isLeaving
            ? InstanceState(leaving: health ?? .lost, desired: instance.spec.desired)
            : InstanceState(
                desired: instance.spec.desired, observed: observed, current: instance.status.observedGeneration >= instance.generation,
                quarantined: isQuarantined, health: health)
        guard state != instance.status.state else { return }
        instance.history.append(Transition(at: now, from: instance.status.state, to: state, reason: reason))
        if instance.history.count > Transition.kept { instance.history.removeFirst(instance.history.count - Transition.kept) }
        instance.status.state = state
        instance.status.since = now
    }
}

/// An image's name is unique in its project, or among those that are everybody's.
struct ImageName: Hashable, Sendable {
    var project: Name?
    var name: Name
}

extension Image {
    var owned: ImageName { ImageName(project: project, name: name) }
}

extension SSHKey {
    package var owned: ProjectName { ProjectName(project: project, name: name) }
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
