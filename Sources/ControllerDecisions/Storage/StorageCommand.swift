import ClusterModel

/// What people ask of disks.
package enum StorageCommand: Sendable {
    case createVolume(NewVolume)
    case updateVolume(VolumeKey, VolumeUpdate, OperationID)
    case deleteVolume(VolumeKey)
    case attach(VolumeKey, InstanceKey, OperationID)
    case detach(VolumeKey, OperationID)
    case createSnapshot(NewSnapshot)
    case deleteSnapshot(SnapshotKey, OperationID)
    /// With `restart` a running instance is restarted for it.
    case restore(SnapshotKey, OperationID, restart: Bool)
    case export(SnapshotKey, image: Name, OperationID)
    case clone(NewClone)
    case resize(InstanceKey, size: Name, OperationID, restart: Bool)
    case rebuild(InstanceKey, image: Name?, OperationID)

    package struct NewVolume: Sendable {
        package var id: VolumeID
        package var name: Name
        package var project: Name
        /// Nil: its source's.
        package var size: MiB?
        package var format: VolumeFormat?
        package var pool: Name?
        package var limits: IOLimits
        package var deleteWithInstance: Bool
        /// Nil: made where it is first attached.
        package var node: NodeKey?
        package var source: VolumeKey?

        package init(
            id: VolumeID, name: Name, project: Name, size: MiB?, format: VolumeFormat? = nil, pool: Name? = nil, limits: IOLimits = IOLimits(),
            deleteWithInstance: Bool = false, node: NodeKey? = nil, source: VolumeKey? = nil
        ) {
            self.id = id
            self.name = name
            self.project = project
            self.size = size
            self.format = format
            self.pool = pool
            self.limits = limits
            self.deleteWithInstance = deleteWithInstance
            self.node = node
            self.source = source
        }
    }

    package struct VolumeUpdate: Hashable, Sendable {
        package var size: MiB?
        package var limits: IOLimits?
        package var deleteWithInstance: Bool?
        package init(size: MiB? = nil, limits: IOLimits? = nil, deleteWithInstance: Bool? = nil) {
            self.size = size
            self.limits = limits
            self.deleteWithInstance = deleteWithInstance
        }
    }

    package struct NewClone: Sendable {
        package var snapshot: SnapshotKey
        package var instance: InstanceID
        package var operation: OperationID
        package var name: Name?
        /// Nil: the snapshot's.
        package var size: Name?
        package init(snapshot: SnapshotKey, instance: InstanceID, operation: OperationID, name: Name?, size: Name?) {
            self.snapshot = snapshot
            self.instance = instance
            self.operation = operation
            self.name = name
            self.size = size
        }
    }

    package struct NewSnapshot: Sendable {
        package var id: SnapshotID
        package var operation: OperationID
        /// Nil: after its instance.
        package var name: Name?
        package var instance: InstanceKey
        package var quiesce: Bool
        package init(id: SnapshotID, operation: OperationID, name: Name?, instance: InstanceKey, quiesce: Bool = true) {
            self.id = id
            self.operation = operation
            self.name = name
            self.instance = instance
            self.quiesce = quiesce
        }
    }
}

extension ClusterState {
    mutating func perform(_ command: StorageCommand, at now: Timestamp) throws(ErrorBody) -> Answer {
        switch command {
        case .createVolume(let volume): try create(volume, at: now)
        case .updateVolume(let key, let change, let operation): try update(key, change, operation: operation, at: now)
        case .deleteVolume(let key): try delete(key, at: now)
        case .attach(let volume, let instance, let operation): try attach(volume, to: instance, operation: operation, at: now)
        case .detach(let volume, let operation): try detach(volume, operation: operation, at: now)
        case .createSnapshot(let snapshot): try create(snapshot, at: now)
        case .deleteSnapshot(let key, let operation): try delete(key, operation: operation, at: now)
        case .restore(let key, let operation, let restart): try restore(key, operation: operation, restart: restart, at: now)
        case .export(let key, let image, let operation): try export(key, image: image, operation: operation, at: now)
        case .clone(let clone): try self.clone(clone, at: now)
        case .resize(let key, let size, let operation, let restart): try resize(key, size, operation: operation, restart: restart, at: now)
        case .rebuild(let key, let image, let operation): try rebuild(key, image, operation: operation, at: now)
        }
    }

    /// An instance whose disks may be changed now: nothing else is under way with it, and it is where its disks are.
    func arrangeable(_ key: InstanceKey) throws(ErrorBody) -> InstanceRecord {
        let record = try changeable(key)
        let name = record.instance.name
        guard !record.isPending else { throw .conflict("Instance “\(name)” still waits for room, and has no disks yet.") }
        guard record.move == nil else { throw .conflict("Instance “\(name)” is on its way to another node; try again when it has arrived.") }
        if let operation = currentOperation(of: record), operation.state == .running {
            throw .conflict("A \(operation.kind.rawValue) of instance “\(name)” is under way; wait until it is done.")
        }
        return record
    }

    /// What is on one node must not be of an instance that may be started on another.
    func checkStays(_ record: InstanceRecord, _ what: String) throws(ErrorBody) {
        guard record.instance.spec.recovery != .fenced else {
            throw .conflict(
                "Instance “\(record.instance.name)” is fenced and may be started anew on another node, where it would not find \(what); "
                    + "launch it with “--recovery stay” to keep data.")
        }
    }

    /// The instance's node is told of its disks as they are wanted, under an operation that lasts until it has seen to them.
    mutating func arrange(
        _ record: inout InstanceRecord, _ kind: InstanceOperation.Kind, _ operation: OperationID, reason: String, at now: Timestamp
    ) throws(ErrorBody) -> InstanceOperation? {
        guard case .instance(_, let begun) = try command(&record, kind, operation, reason: reason, at: now) else { return nil }
        return begun
    }
}
