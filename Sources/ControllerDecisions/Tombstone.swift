import ClusterModel

/// What a node still has to take away of an instance that it held and that does not belong there any more.
/// Kept until that node itself confirms that nothing is left.
package struct Tombstone: Hashable, Sendable, Codable {
    package enum Cause: String, Hashable, Sendable, Codable, CaseIterable {
        /// Its node was removed from the ledger, or was lost for good while the instance was being deleted.
        case deleted
        /// Its node was lost, and it was placed elsewhere.
        case recovered
        /// It moves away from a node that is alive, and is not told to the next one before this is confirmed.
        case moving
        /// It has gone elsewhere with all that it had, or has not come here in the end.
        case migrated

        /// The node is told of the rest beside it; it holds nothing that could run by a lease of before.
        var goesBesideOthers: Bool { self == .moving || self == .migrated }
    }

    package var node: NodeID
    package var instance: DesiredInstance
    package var cause: Cause
    package var revision: Int64
    package var at: Timestamp

    package init(node: NodeID, instance: DesiredInstance, cause: Cause, revision: Int64, at: Timestamp) {
        self.node = node
        self.instance = instance
        self.cause = cause
        self.revision = revision
        self.at = at
    }

    /// Also reads what was stored when only removed nodes left tombstones.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        node = try fields.decode(NodeID.self, forKey: .node)
        instance = try fields.decode(DesiredInstance.self, forKey: .instance)
        cause = try fields.decodeIfPresent(Cause.self, forKey: .cause) ?? .deleted
        revision = try fields.decode(Int64.self, forKey: .revision)
        at = try fields.decode(Timestamp.self, forKey: .at)
    }

    package var id: TombstoneID { TombstoneID(instance: instance.id, node: node) }
}

package struct TombstoneID: Hashable, Comparable, Sendable {
    package var instance: InstanceID
    package var node: NodeID
    package init(instance: InstanceID, node: NodeID) {
        self.instance = instance
        self.node = node
    }
    package static func < (left: Self, right: Self) -> Bool {
        left.instance != right.instance ? left.instance < right.instance : left.node < right.node
    }
}
