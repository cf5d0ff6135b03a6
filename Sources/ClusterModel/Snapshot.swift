/// All disks of an instance as they were at one moment.
package struct Snapshot: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable, CaseIterable { case creating, ready, failed, deleting }

    package var id: SnapshotID
    package var name: Name
    package var project: Name
    package var instance: InstanceID
    package var instanceName: Name
    package var node: NodeID
    package var nodeName: Name
    package var state: State
    package var reason: String?
    /// Nil until it is taken.
    package var consistency: SnapshotConsistency?
    /// How long the guest stood still for it, as seen from the host.
    package var pauseMicroseconds: Int64?
    package var disks: [SnapshotDisk]
    /// The generation of its instance by which it was last told to come or go.
    package var generation: Int64
    /// Of the instance when it was taken: what a clone of it begins with.
    package var image: ImageReference
    package var size: Name
    package var createdAt: Timestamp

    package init(
        id: SnapshotID, name: Name, project: Name, instance: InstanceID, instanceName: Name, node: NodeID, nodeName: Name, state: State = .creating,
        reason: String? = nil, consistency: SnapshotConsistency? = nil, pauseMicroseconds: Int64? = nil, disks: [SnapshotDisk],
        generation: Int64, image: ImageReference, size: Name, createdAt: Timestamp
    ) {
        self.id = id
        self.name = name
        self.project = project
        self.instance = instance
        self.instanceName = instanceName
        self.node = node
        self.nodeName = nodeName
        self.state = state
        self.reason = reason
        self.consistency = consistency
        self.pauseMicroseconds = pauseMicroseconds
        self.disks = disks
        self.generation = generation
        self.image = image
        self.size = size
        self.createdAt = createdAt
    }

    /// Volumes that it is of, beside the root disk.
    package var volumes: [VolumeID] { disks.compactMap(\.volume) }
    package var hasRoot: Bool { disks.contains { $0.volume == nil } }
}

package struct SnapshotDisk: Hashable, Sendable, Codable {
    /// Nil for the root disk.
    package var volume: VolumeID?
    /// "root", or the volume's name then.
    package var name: Name
    package var size: MiB

    private enum CodingKeys: String, CodingKey {
        case volume, name
        case size = "sizeMiB"
    }

    package init(volume: VolumeID? = nil, name: Name, size: MiB) {
        self.volume = volume
        self.name = name
        self.size = size
    }
}

package enum SnapshotConsistency: String, Hashable, Sendable, Codable, CaseIterable {
    /// The guest's file systems were frozen through its agent.
    case quiesced
    /// As a power cut would have left the disks.
    case crash
    /// The instance did not run.
    case stopped
}
