import ClusterModel

/// Where a request goes. It takes effect when its allocation is allocated.
package struct PlacementDecision: Hashable, Sendable, Codable {
    package var node: NodeID
    package var nodeName: Name
    package var allocation: Allocation
    /// Lower is better; comparable only within one decision.
    package var score: Double
    package var policy: PlacementPolicy

    package init(node: NodeID, nodeName: Name, allocation: Allocation, score: Double, policy: PlacementPolicy) {
        self.node = node
        self.nodeName = nodeName
        self.allocation = allocation
        self.score = score
        self.policy = policy
    }
}
