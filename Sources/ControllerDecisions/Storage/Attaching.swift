import ClusterModel
import Placement

/// Volumes come to instances and go.
extension ClusterState {
    mutating func attach(_ key: VolumeKey, to instance: InstanceKey, operation: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        var volume = try find(key)
        let name = volume.volume.name
        let target = try find(instance)
        guard !volume.deleted else { throw .conflict("Volume “\(name)” is being deleted.") }
        if let attachment = volume.volume.attachment {
            if attachment.instance == target.id, attachment.state != .detaching { return .volume(volume.volume, currentOperation(of: target)) }
            throw .conflict("Volume “\(name)” is \(attachment.state.rawValue) to instance “\(attachment.instanceName)”; detach it first.")
        }
        var record = try arrangeable(instance)
        try checkStays(record, "the volume's data")
        guard volume.volume.project == record.instance.project else {
            throw .conflict("Volume “\(name)” is in project “\(volume.volume.project)”, and the instance in “\(record.instance.project)”.")
        }
        guard volume.volume.status.state != .failed else {
            throw .conflict("Volume “\(name)” has failed: \(volume.volume.status.reason ?? "no reason given"); delete it.")
        }
        try checkNode(&volume, of: record)
        var storage = record.storage ?? InstanceStorage()
        guard storage.volumes.count < LedgerSettings.Limit.volumesPerInstance else {
            throw .conflict(
                "Instance “\(record.instance.name)” has \(storage.volumes.count) volumes, which is the most that one takes; detach one first.")
        }
        storage.volumes.append(volume.attached(port: storage.freePort))
        record.storage = storage
        record.instance.spec.volumes = (record.instance.spec.volumes ?? []) + [name]
        volume.volume.attachment = VolumeAttachment(instance: record.id, instanceName: record.instance.name, state: .attaching)
        volume.attachGeneration = record.instance.generation + 1
        volume.desiredRevision = nextRevision
        volume.settle()
        put(volume)
        let begun = try arrange(&record, .attach, operation, reason: "volume \(name) is attached", at: now)
        return .volume(volume.volume, begun)
    }

    /// One that is nowhere yet is made where its first instance is.
    private mutating func checkNode(_ volume: inout VolumeRecord, of record: InstanceRecord) throws(ErrorBody) {
        guard let placement = record.instance.placement, let node = nodes[placement.node]?.value else {
            throw .conflict("Instance “\(record.instance.name)” is on no node yet.")
        }
        guard let home = volume.volume.node else {
            try bind(&volume, to: node)
            return
        }
        guard home == placement.node else {
            throw .conflict(
                "Volume “\(volume.volume.name)” is on node “\(volume.volume.nodeName?.text ?? "?")”, and instance “\(record.instance.name)” on "
                    + "“\(placement.nodeName)”; both must be on the same.")
        }
    }

    mutating func detach(_ key: VolumeKey, operation: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        var volume = try find(key)
        let name = volume.volume.name
        guard let attachment = volume.volume.attachment else { throw .conflict("Volume “\(name)” is not attached.") }
        if attachment.state == .detaching {
            return .volume(volume.volume, instances[attachment.instance].flatMap { currentOperation(of: $0.value) })
        }
        if let snapshot = storage.snapshots(of: attachment.instance).first(where: { $0.volumes.contains(volume.id) }) {
            throw .conflict("Volume “\(name)” is part of snapshot “\(snapshot.name)” of instance “\(attachment.instanceName)”; delete that first.")
        }
        var record = try arrangeable(.id(attachment.instance))
        take(&volume, from: &record)
        put(volume)
        let begun = try arrange(&record, .detach, operation, reason: "volume \(name) is detached", at: now)
        return .volume(volume.volume, begun)
    }

    /// From what the instance's node is told, by the instance's next generation.
    func take(_ volume: inout VolumeRecord, from record: inout InstanceRecord) {
        record.storage?.volumes.removeAll { $0.id == volume.id }
        let rest = record.instance.spec.volumes?.filter { $0 != volume.volume.name } ?? []
        record.instance.spec.volumes = rest.isEmpty ? nil : rest
        volume.volume.attachment?.state = .detaching
        volume.attachGeneration = record.instance.generation + 1
        volume.settle()
    }

    /// What becomes of an instance's volumes and snapshots when it goes.
    mutating func dropStorage(of record: InstanceRecord, at now: Timestamp) {
        for snapshot in storage.snapshots(of: record.id) { remove(snapshot) }
        for var volume in storage.volumes(of: record.id) {
            volume.volume.attachment = nil
            volume.desiredRevision = nextRevision
            if volume.volume.spec.deleteWithInstance {
                volume.deleted = true
                volume.volume.generation += 1
            }
            volume.settle()
            put(volume)
            note(
                .info, volume.deleted ? "VolumeDeleting" : "VolumeDetached", .volume(volume.id, name: volume.volume.name),
                "Volume “\(volume.volume.name)” \(volume.deleted ? "goes with" : "outlives") its instance “\(record.instance.name)”.", at: now)
        }
    }

    /// A node that is removed takes its volumes with it.
    mutating func dropVolumes(on node: Node, at now: Timestamp) {
        for record in storage.volumes(on: node.id) { forget(record, "went with its node “\(node.name)”", at: now) }
    }
}
