import ClusterModel
import Placement

/// Volumes go with their instance: each step here is made in the commit of the instance's own.
extension ClusterState {
    /// Why its volumes can't leave now, as a part of a sentence.
    func immovableVolumes(_ record: InstanceRecord) -> String? {
        for volume in storage.volumes(of: record.id) {
            let name = volume.volume.name
            guard volume.volume.attachment?.state == .attached else {
                return "volume “\(name)” is \(volume.volume.attachment?.state.rawValue ?? "detached")"
            }
            guard volume.volume.status.size == volume.volume.spec.size else { return "volume “\(name)” has not got its size yet" }
            if let copy = storage.copies(of: volume.id).first(where: { !$0.made && !$0.deleted && $0.volume.status.state != .failed }) {
                return "volume “\(name)” is being copied to “\(copy.volume.name)”"
            }
        }
        return nil
    }

    /// Why its volumes can't go to that node, as a part of a sentence.
    func volumesKept(of record: InstanceRecord, from target: Node, in engine: PlacementEngine) -> String? {
        let volumes = storage.volumes(of: record.id)
        guard !volumes.isEmpty else { return nil }
        if let left = volumes.first(where: { volume in volume.elsewhere.contains { $0.node == target.id } }) {
            return "that node still takes away what it held of volume “\(left.volume.name)” before"
        }
        var need = record.instance.spec.resources.disk
        var byPool: [Name: MiB] = [:]
        for volume in volumes {
            need = need + volume.volume.spec.size
            byPool[volume.volume.spec.pool, default: .zero] = byPool[volume.volume.spec.pool, default: .zero] + volume.volume.spec.size
        }
        for (name, size) in byPool.sorted(by: { $0.key < $1.key }) {
            guard let pool = target.pools.first(where: { $0.name == name }) else { return "that node has no storage pool “\(name)”" }
            let room = room(in: pool, of: target)
            if room < size { return "pool “\(name)” there has \(max(room, .zero)) to give, and its volumes need \(size)" }
        }
        let free = engine.free(on: target.id)?.disk ?? .zero
        return free < need ? "that node has \(max(free, .zero)) of disk to give, and with its volumes it needs \(need)" : nil
    }

    /// Room for them on the other node, which makes them empty.
    mutating func sendVolumes(of record: InstanceRecord, to target: NodeID) {
        for var volume in storage.volumes(of: record.id) {
            let place = VolumeElsewhere(node: target, state: .arriving, size: volume.volume.spec.size)
            step(.allocated(place.allocation(of: volume.id)))
            volume.elsewhere.append(place)
            tell(&volume)
        }
    }

    /// Home and second node change places.
    mutating func switchVolumes(of id: InstanceID, to target: NodeID, _ targetName: Name) {
        for var volume in storage.volumes(of: id) {
            guard let index = volume.elsewhere.firstIndex(where: { $0.node == target && $0.state == .arriving }), let former = volume.volume.node,
                let held = engine.allocation(of: volume.volume.holder)
            else { continue }
            step(.released(held))
            step(.released(volume.elsewhere[index].allocation(of: volume.id)))
            volume.elsewhere[index] = VolumeElsewhere(node: former, state: .former, size: volume.volume.spec.size)
            volume.volume.node = target
            volume.volume.nodeName = targetName
            step(.allocated(Allocation(instance: volume.volume.holder, node: target, resources: volume.volume.room)))
            step(.allocated(volume.elsewhere[index].allocation(of: volume.id)))
            tell(&volume)
        }
    }

    /// That node takes away what it holds of them: what has come there, or what was left there.
    mutating func clearVolumes(of id: InstanceID, from node: NodeID) {
        for var volume in storage.volumes(of: id) {
            guard let index = volume.elsewhere.firstIndex(where: { $0.node == node && $0.state != .leaving }) else { continue }
            volume.elsewhere[index].leave(volume.volume.generation + 1)
            tell(&volume)
        }
    }

    private mutating func tell(_ volume: inout VolumeRecord) {
        volume.volume.generation += 1
        volume.desiredRevision = nextRevision
        put(volume)
    }

    // MARK: What the other node says

    mutating func takeElsewhere(_ observed: ObservedVolume, of record: VolumeRecord, from node: NodeID, at now: Timestamp) {
        guard let place = record.elsewhere.first(where: { $0.node == node }) else { return }
        if observed.generation > record.volume.generation, observed.generation < Int64.max / 2 {
            // The ledger is older than what the node has acted on, after a restore: the node heeds only what is newer still.
            var raised = record
            raised.volume.generation = observed.generation
            return tell(&raised)
        }
        guard place.state == .leaving, observed.state == .absent, observed.generation >= place.generation else { return }
        dropVolume(record, from: node, at: now)
    }

    /// Nothing of it is there any more, or that node counts for nothing.
    private mutating func dropVolume(_ record: VolumeRecord, from node: NodeID, at now: Timestamp) {
        var record = record
        for place in record.elsewhere where place.node == node {
            if let held = engine.allocation(of: place.allocation(of: record.id).instance) { step(.released(held)) }
        }
        record.elsewhere.removeAll { $0.node == node }
        put(record)
        roomAppeared()
        guard record.deleted, record.volume.node == nil else { return }
        forget(record, "is deleted and gone from every node", at: now)
    }

    /// A node that is removed, or whose disk is gone, takes away nothing any more.
    mutating func dropStrays(on node: NodeID, leavingOnly: Bool = false, at now: Timestamp) {
        for record in storage.strays(on: node) {
            guard !leavingOnly || record.elsewhere.contains(where: { $0.node == node && $0.state == .leaving }) else { continue }
            dropVolume(record, from: node, at: now)
        }
    }
}
