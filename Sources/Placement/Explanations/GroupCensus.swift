import ClusterModel

/// Where the instances of one group are, by node and by label.
struct GroupCensus {
    private let nodes: [NodeID: Int]
    private let labels: [Label: Int]

    init(counts: [NodeID: Int], nodes known: [PlacementNode]) {
        nodes = counts
        var labels: [Label: Int] = [:]
        for node in known {
            guard let count = counts[node.id] else { continue }
            for label in node.labels.all { labels[label, default: 0] += count }
        }
        self.labels = labels
    }

    var isEmpty: Bool { nodes.isEmpty }

    func count(_ label: Label) -> Int { labels[label] ?? 0 }

    /// Nil where the node does not belong to such a domain.
    func count(around node: PlacementNode, in domain: String?) -> Int? {
        guard let domain else { return nodes[node.id] ?? 0 }
        return node.labels.all.first { $0.key == domain }.map { count($0) }
    }
}
