import ClusterModel
import FoundationEssentials
import Placement

/// A second node of a volume, by a migration of its instance. Its room is held there for as long as something of it may be there.
package struct VolumeElsewhere: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable {
        /// An empty one that is being filled.
        case arriving
        /// It was at home here, and is kept until its instance is seen on the new node.
        case former
        /// The node takes it away.
        case leaving
    }

    package var node: NodeID
    package var state: State
    package var size: MiB
    /// Of the order to take it away: a report of an earlier one speaks of something else.
    package var generation: Int64 = 0

    package init(node: NodeID, state: State, size: MiB) {
        self.node = node
        self.state = state
        self.size = size
    }

    mutating func leave(_ generation: Int64) {
        guard state != .leaving else { return }
        state = .leaving
        self.generation = generation
    }

    package func allocation(of volume: VolumeID) -> Allocation {
        Allocation(
            instance: InstanceID(reservedFor: volume, on: node), node: node, resources: Resources(cpu: .zero, memory: .zero, disk: size))
    }
}

extension InstanceID {
    /// Of the room that a volume holds on a second node. A UUID of version 8, so that no random one is the same.
    init(reservedFor volume: VolumeID, on node: NodeID) {
        var bytes = volume.rawValue.uuid
        withUnsafeMutableBytes(of: &bytes) { bytes in
            withUnsafeBytes(of: node.rawValue.uuid) { node in for place in bytes.indices { bytes[place] ^= node[(place + 5) % node.count] } }
            bytes[6] = bytes[6] & 0x0F | 0x80
        }
        self.init(UUID(uuid: bytes))
    }
}

extension VolumeRecord {
    /// What a node is told of it that is not its home.
    func desired(on node: NodeID) -> DesiredVolume? {
        guard let place = elsewhere.first(where: { $0.node == node }) else { return nil }
        var told = desired
        told.deleted = place.state == .leaving
        told.made = place.state == .former
        told.source = nil
        return told
    }
}

extension InstanceStorage {
    /// The lowest that no volume has.
    var freePort: Int? { (0..<AttachedVolume.ports).first { port in !volumes.contains { $0.port == port } } }
}
