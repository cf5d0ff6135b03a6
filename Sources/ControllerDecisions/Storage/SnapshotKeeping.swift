import ClusterModel

/// Snapshots of instances: taken, restored, exported, deleted. They live in the instance's own disks, on its node, and go with it.
extension ClusterState {
    private static let rootName: Name = {
        guard let name = try? Name("root") else { preconditionFailure("“root” is a name") }
        return name
    }()

    mutating func create(_ new: StorageCommand.NewSnapshot, at now: Timestamp) throws(ErrorBody) -> Answer {
        guard storage.snapshots[new.id] == nil else { throw .conflict("The id \(new.id) is in use.") }
        var record = try arrangeable(new.instance)
        let instance = record.instance
        try checkStays(record, "its snapshots")
        guard instance.status.state == .running || instance.status.state == .stopped, let placement = instance.placement else {
            throw .conflict("Instance “\(instance.name)” is \(instance.status.state.rawValue); a snapshot is taken of one that runs or is stopped.")
        }
        let taken = storage.snapshots(of: record.id)
        guard taken.count < LedgerSettings.Limit.snapshotsPerInstance else {
            throw .tooMany("Instance “\(instance.name)” has \(taken.count) snapshots, which is the most there may be; delete one first.")
        }
        try checkQuota(instance.project, adding: QuotaUsage(snapshots: 1))
        let name = try snapshotName(new, of: instance)
        let volumes = try quietVolumes(of: record)
        var disks = volumes.map { SnapshotDisk(volume: $0.id, name: $0.volume.name, size: $0.volume.spec.size) }
        if instance.spec.image.format != .linux {
            disks.insert(SnapshotDisk(name: Self.rootName, size: instance.spec.resources.disk), at: 0)
        }
        guard !disks.isEmpty else {
            throw .conflict(
                "Instance “\(instance.name)” has no disk: its image “\(instance.spec.image.name)” runs from memory, and no volume is attached.")
        }
        let snapshot = Snapshot(
            id: new.id, name: name, project: instance.project, instance: record.id, instanceName: instance.name, node: placement.node,
            nodeName: placement.nodeName, disks: disks, generation: instance.generation + 1, image: instance.spec.image, size: instance.spec.size,
            createdAt: now)
        var storage = record.storage ?? InstanceStorage()
        storage.snapshots.append(DesiredSnapshot(id: new.id, quiesce: new.quiesce, volumes: volumes.map(\.place)))
        record.storage = storage
        put(snapshot)
        let begun = try arrange(&record, .snapshot, new.operation, reason: "snapshot \(name) is taken", at: now)
        return .snapshot(snapshot, begun)
    }

    /// All disks are of one moment or none: each must be able to be part of it.
    private func quietVolumes(of record: InstanceRecord) throws(ErrorBody) -> [VolumeRecord] {
        let volumes = storage.volumes(of: record.id)
        for volume in volumes {
            let name = volume.volume.name
            guard volume.volume.spec.format == .qcow2 else {
                throw .conflict("Volume “\(name)” is raw and can't be part of a snapshot; detach it first, or copy it to a qcow2 volume.")
            }
            guard volume.volume.attachment?.state == .attached else {
                throw .conflict("Volume “\(name)” is \(volume.volume.attachment?.state.rawValue ?? "detached"); try again when that is done.")
            }
        }
        return volumes
    }

    private func snapshotName(_ new: StorageCommand.NewSnapshot, of instance: Instance) throws(ErrorBody) -> Name {
        guard let name = new.name else {
            for number in 1...LedgerSettings.Limit.snapshotsPerInstance * 2 {
                guard let name = try? Name("\(instance.name.text.prefix(58))-\(number)") else { continue }
                if storage.snapshot(named: ProjectName(project: instance.project, name: name)) == nil { return name }
            }
            throw .invalid("name is missing, and none that is free follows from the instance's.")
        }
        guard storage.snapshot(named: ProjectName(project: instance.project, name: name)) == nil else {
            throw .conflict("A snapshot “\(name)” exists already in project “\(instance.project)”; choose another name.")
        }
        return name
    }

    mutating func delete(_ key: SnapshotKey, operation: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        var snapshot = try find(key)
        guard snapshot.state != .deleting else {
            return .snapshot(snapshot, instances[snapshot.instance].flatMap { currentOperation(of: $0.value) })
        }
        var record = try arrangeable(.id(snapshot.instance))
        if let place = record.storage?.snapshots.firstIndex(where: { $0.id == snapshot.id }) { record.storage?.snapshots[place].deleted = true }
        snapshot.state = .deleting
        snapshot.generation = record.instance.generation + 1
        put(snapshot)
        let begun = try arrange(&record, .deleteSnapshot, operation, reason: "snapshot \(snapshot.name) is deleted", at: now)
        return .snapshot(snapshot, begun)
    }

    mutating func restore(_ key: SnapshotKey, operation: OperationID, restart: Bool, at now: Timestamp) throws(ErrorBody) -> Answer {
        let snapshot = try ready(key)
        var record = try arrangeable(.id(snapshot.instance))
        try checkDisks(of: record, are: snapshot)
        try prepareRestart(of: &record, restart, to: "restore a snapshot")
        let number = (record.storage?.restore?.number ?? 0) + 1
        record.storage?.restore = RestoreOrder(number: number, snapshot: snapshot.id)
        let begun = try arrange(&record, .restore, operation, reason: "snapshot \(snapshot.name) is restored", at: now)
        note(
            .warning, "SnapshotRestoring", .snapshot(snapshot.id, name: snapshot.name),
            "The disks of instance “\(record.instance.name)” go back to snapshot “\(snapshot.name)”.", at: now)
        return .snapshot(snapshot, begun)
    }

    /// What came after it, or changed its place, would not go back with the rest.
    private func checkDisks(of record: InstanceRecord, are snapshot: Snapshot) throws(ErrorBody) {
        let attached = storage.volumes(of: record.id)
        if let more = attached.first(where: { !snapshot.volumes.contains($0.id) }) {
            throw .conflict("Volume “\(more.volume.name)” is not part of snapshot “\(snapshot.name)”; detach it first.")
        }
        guard record.instance.spec.image == snapshot.image || !snapshot.hasRoot else {
            throw .conflict("Instance “\(record.instance.name)” was rebuilt since snapshot “\(snapshot.name)” was taken.")
        }
    }

    /// A guest does not see its disks change under it: it is stopped for that, which whoever asks must have said.
    func prepareRestart(of record: inout InstanceRecord, _ restart: Bool, to purpose: String) throws(ErrorBody) {
        guard record.instance.status.state != .stopped else { return }
        guard restart else {
            throw .conflict(
                "Instance “\(record.instance.name)” is \(record.instance.status.state.rawValue); to \(purpose) it is restarted: add --restart, or stop it first."
            )
        }
        guard record.instance.spec.desired == .running else {
            throw .conflict("Instance “\(record.instance.name)” is \(record.instance.status.state.rawValue); try again when it is stopped.")
        }
        record.instance.spec.reboots += 1
    }

    mutating func export(_ key: SnapshotKey, image: Name, operation: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        let snapshot = try ready(key)
        guard snapshot.hasRoot else {
            throw .conflict("Snapshot “\(snapshot.name)” has no root disk, and an image is made of that alone.")
        }
        guard imageNames[ImageName(project: snapshot.project, name: image)] == nil else {
            throw .conflict("An image “\(image)” exists already; choose another name.")
        }
        var record = try arrangeable(.id(snapshot.instance))
        guard var storage = record.storage, let place = storage.snapshots.firstIndex(where: { $0.id == snapshot.id }) else {
            throw .conflict("Snapshot “\(snapshot.name)” is not on its node.")
        }
        storage.snapshots[place].export = ExportOrder(number: (storage.snapshots[place].export?.number ?? 0) + 1, image: image)
        record.storage = storage
        let begun = try arrange(&record, .export, operation, reason: "snapshot \(snapshot.name) becomes image \(image)", at: now)
        return .snapshot(snapshot, begun)
    }

    func ready(_ key: SnapshotKey) throws(ErrorBody) -> Snapshot {
        let snapshot = try find(key)
        guard snapshot.state == .ready else { throw .conflict("Snapshot “\(snapshot.name)” is \(snapshot.state.rawValue).") }
        return snapshot
    }
}
