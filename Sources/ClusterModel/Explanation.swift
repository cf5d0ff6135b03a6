/// Why an instance is where it is, or nowhere: a verdict for every node, in node-name order.
package struct Explanation: Hashable, Sendable, Codable {
    package var policy: PlacementPolicy
    package var chosen: NodeID?
    package var nodes: [NodeVerdict]

    package struct NodeVerdict: Hashable, Sendable, Codable {
        package var node: NodeID
        package var name: Name
        /// Lower is better; nil where refused.
        package var score: Double?
        package var refusals: [Refusal]
        /// Soft wishes that this node does not fulfil, in words.
        package var reservations: [String]
        package init(node: NodeID, name: Name, score: Double?, refusals: [Refusal], reservations: [String] = []) {
            self.node = node
            self.name = name
            self.score = score
            self.refusals = refusals
            self.reservations = reservations
        }
    }

    package init(policy: PlacementPolicy, chosen: NodeID?, nodes: [NodeVerdict]) {
        self.policy = policy
        self.chosen = chosen
        self.nodes = nodes
    }
}

/// No node fits: how many were refused for which reason, and which came nearest.
package struct NoPlacement: Error, Hashable, Sendable, Codable {
    package struct Count: Hashable, Sendable, Codable {
        package var reason: String
        package var nodes: Int
        package init(reason: String, nodes: Int) {
            self.reason = reason
            self.nodes = nodes
        }
    }

    package var nodes: Int
    /// Each node counted once, by its first refusal; the most frequent first.
    package var counts: [Count]
    /// In words: "2 of 40 nodes short by 512 MiB of memory". Nil where no node was merely too full.
    package var nearestMiss: String?

    package init(nodes: Int, counts: [Count], nearestMiss: String?) {
        self.nodes = nodes
        self.counts = counts
        self.nearestMiss = nearestMiss
    }
}

package enum PlacementPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    case pack
    case spread
    case balanced
    // The published baselines, for comparison.
    case firstFit = "first-fit"
    case bestFitL2 = "best-fit-l2"
    case worstFit = "worst-fit"
    case random
}
