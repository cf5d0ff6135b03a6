import ClusterModel

/// What a node still has to take away of an instance that the ledger no longer holds: its node was removed while it was there.
/// Kept until a node of the same id confirms that nothing is left.
package struct Tombstone: Hashable, Sendable, Codable {
    package var node: NodeID
    package var instance: DesiredInstance
    package var revision: Int64
    package var at: Timestamp

    package init(node: NodeID, instance: DesiredInstance, revision: Int64, at: Timestamp) {
        self.node = node
        self.instance = instance
        self.revision = revision
        self.at = at
    }
}
