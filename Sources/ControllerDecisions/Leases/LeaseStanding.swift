import ClusterModel

extension ClusterState {
    /// As far as a lease depends on the ledger; nil where it holds no such node.
    package func leaseStanding(of node: NodeID) -> LeaseBook.Standing? {
        guard let row = nodes[node] else { return nil }
        return LeaseBook.Standing(isAlive: row.value.health == .alive, owesRemoval: !tombstones(on: node).isEmpty)
    }
}
