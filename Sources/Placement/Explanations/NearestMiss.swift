import ClusterModel

/// Of the nodes that are merely too full, those with the least shortfall in proportion to the need.
struct NearestMiss {
    private var distance = Double.infinity
    private var words = ""
    private var nodes = 0

    /// The greatest part of any need that is missing.
    static func distance(_ shortages: [Refusal]) -> Double {
        var distance = 0.0
        for case .short(_, let need, let free) in shortages { distance = max(distance, self.distance(missing: need - free, need: need)) }
        return distance
    }

    static func distance(missing: Int64, need: Int64) -> Double { Double(missing) / Double(need) }

    mutating func add(_ shortages: [Refusal], nodes count: Int = 1) {
        let distance = Self.distance(shortages)
        guard distance <= self.distance, !shortages.isEmpty else { return }
        let words = Self.words(shortages)
        if distance == self.distance, words == self.words {
            nodes += count
        } else if distance < self.distance || words < self.words {
            self = NearestMiss(distance: distance, words: words, nodes: count)
        }
    }

    func text(of all: Int) -> String? { nodes == 0 ? nil : "\(nodes) of \(all) nodes short by \(words)" }

    private static func words(_ shortages: [Refusal]) -> String {
        var amounts: [String] = []
        for case .short(let resource, let need, let free) in shortages {
            let amount = resource.describe(need - free)
            switch resource {
            case .memory, .disk: amounts.append("\(amount) of \(resource.text)")
            case .cpu, .device: amounts.append(amount)
            }
        }
        return amounts.joined(separator: " and ")
    }
}

extension NoPlacement {
    init(nodes: Int, countsByReason counts: [String: Int], nearestMiss: NearestMiss) {
        self.init(
            nodes: nodes,
            counts: counts.map { Count(reason: $0.key, nodes: $0.value) }.sorted { ($0.nodes, $1.reason) > ($1.nodes, $0.reason) },
            nearestMiss: nearestMiss.text(of: nodes))
    }

    /// From an explanation that found no node.
    package init(_ explanation: Explanation) {
        var counts: [String: Int] = [:]
        var nearest = NearestMiss()
        for verdict in explanation.nodes {
            if let first = verdict.refusals.first { counts[first.reason, default: 0] += 1 }
            if verdict.refusals.allSatisfy({ $0.shortfall != nil }) { nearest.add(verdict.refusals) }
        }
        self.init(nodes: explanation.nodes.count, countsByReason: counts, nearestMiss: nearest)
    }
}
