import ClusterModel

/// Volumes and snapshots, and where they are.
package struct StorageIndex: Sendable {
    package private(set) var volumes: [VolumeID: Row<VolumeRecord>] = [:]
    package private(set) var snapshots: [SnapshotID: Row<Snapshot>] = [:]
    private var volumeNames: [ProjectName: VolumeID] = [:]
    private var snapshotNames: [ProjectName: SnapshotID] = [:]
    private var onNode: [NodeID: Set<VolumeID>] = [:]
    private var strayingOn: [NodeID: Set<VolumeID>] = [:]
    private var attachedTo: [InstanceID: Set<VolumeID>] = [:]
    private var snapshotsOf: [InstanceID: Set<SnapshotID>] = [:]
    private var copiesOf: [VolumeID: Set<VolumeID>] = [:]

    mutating func apply(_ edit: Edit<VolumeRecord>) {
        if let before = edit.before?.value {
            let volume = before.volume
            volumes[before.id] = nil
            volumeNames[ProjectName(project: volume.project, name: volume.name)] = nil
            if let node = volume.node { Self.remove(before.id, from: &onNode, node) }
            for place in before.elsewhere { Self.remove(before.id, from: &strayingOn, place.node) }
            if let attachment = volume.attachment { Self.remove(before.id, from: &attachedTo, attachment.instance) }
            if let source = volume.spec.source { Self.remove(before.id, from: &copiesOf, source.volume) }
        }
        guard let after = edit.after else { return }
        let volume = after.value.volume
        volumes[volume.id] = after
        volumeNames[ProjectName(project: volume.project, name: volume.name)] = volume.id
        if let node = volume.node { onNode[node, default: []].insert(volume.id) }
        for place in after.value.elsewhere { strayingOn[place.node, default: []].insert(volume.id) }
        if let attachment = volume.attachment { attachedTo[attachment.instance, default: []].insert(volume.id) }
        if let source = volume.spec.source { copiesOf[source.volume, default: []].insert(volume.id) }
    }

    mutating func apply(_ edit: Edit<Snapshot>) {
        if let before = edit.before?.value {
            snapshots[before.id] = nil
            snapshotNames[ProjectName(project: before.project, name: before.name)] = nil
            Self.remove(before.id, from: &snapshotsOf, before.instance)
        }
        guard let after = edit.after else { return }
        snapshots[after.value.id] = after
        snapshotNames[ProjectName(project: after.value.project, name: after.value.name)] = after.value.id
        snapshotsOf[after.value.instance, default: []].insert(after.value.id)
    }

    private static func remove<Key, Member>(_ member: Member, from sets: inout [Key: Set<Member>], _ key: Key) {
        sets[key]?.remove(member)
        if sets[key]?.isEmpty == true { sets[key] = nil }
    }

    package func volume(named name: ProjectName) -> VolumeID? { volumeNames[name] }
    package func snapshot(named name: ProjectName) -> SnapshotID? { snapshotNames[name] }

    /// In the order of their ids, as all that follow.
    package func volumes(on node: NodeID) -> [VolumeRecord] { (onNode[node] ?? []).sorted().compactMap { volumes[$0]?.value } }
    package func holdsVolumes(_ node: NodeID) -> Bool { onNode[node] != nil || strayingOn[node] != nil }
    /// That are at home on another node, and are here by a migration, or were.
    package func strays(on node: NodeID) -> [VolumeRecord] { (strayingOn[node] ?? []).sorted().compactMap { volumes[$0]?.value } }
    package func volumes(of instance: InstanceID) -> [VolumeRecord] { (attachedTo[instance] ?? []).sorted().compactMap { volumes[$0]?.value } }
    package func snapshots(of instance: InstanceID) -> [Snapshot] { (snapshotsOf[instance] ?? []).sorted().compactMap { snapshots[$0]?.value } }
    /// Made as copies of it.
    package func copies(of volume: VolumeID) -> [VolumeRecord] { (copiesOf[volume] ?? []).sorted().compactMap { volumes[$0]?.value } }
}

extension ClusterState {
    mutating func put(_ record: VolumeRecord) {
        let before = storage.volumes[record.id]
        self.record(number: { .volume(Edit(before: before, after: Row(key: before?.key ?? $0, value: record))) })
    }

    mutating func remove(_ record: VolumeRecord) {
        let before = storage.volumes[record.id]
        self.record(number: { _ in .volume(Edit(before: before, after: nil)) })
    }

    mutating func put(_ snapshot: Snapshot) {
        let before = storage.snapshots[snapshot.id]
        self.record(number: { .snapshot(Edit(before: before, after: Row(key: before?.key ?? $0, value: snapshot))) })
    }

    mutating func remove(_ snapshot: Snapshot) {
        let before = storage.snapshots[snapshot.id]
        self.record(number: { _ in .snapshot(Edit(before: before, after: nil)) })
    }

    package func find(_ key: VolumeKey) throws(ErrorBody) -> VolumeRecord {
        switch key {
        case .id(let id):
            guard let row = storage.volumes[id] else { throw ErrorBody(code: .notFound, message: "There is no volume with the id \(id).") }
            return row.value
        case .name(let name):
            guard let id = storage.volume(named: name), let row = storage.volumes[id] else {
                throw ErrorBody(code: .notFound, message: "There is no volume “\(name.name)” in project “\(name.project)”.")
            }
            return row.value
        }
    }

    package func find(_ key: SnapshotKey) throws(ErrorBody) -> Snapshot {
        switch key {
        case .id(let id):
            guard let row = storage.snapshots[id] else { throw ErrorBody(code: .notFound, message: "There is no snapshot with the id \(id).") }
            return row.value
        case .name(let name):
            guard let id = storage.snapshot(named: name), let row = storage.snapshots[id] else {
                throw ErrorBody(code: .notFound, message: "There is no snapshot “\(name.name)” in project “\(name.project)”.")
            }
            return row.value
        }
    }
}
