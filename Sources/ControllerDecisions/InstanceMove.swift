import ClusterModel

/// An instance on its way from one node to another. Exactly one node is told to run it at any moment, and none in between.
package struct InstanceMove: Hashable, Sendable, Codable {
    package var from: NodeID
    package var fromName: Name
    /// Why it surely does not run where it was; nil: that is still to be confirmed, and until then the next node is told nothing.
    package var proof: String?

    package init(from: NodeID, fromName: Name, proof: String?) {
        self.from = from
        self.fromName = fromName
        self.proof = proof
    }
}
