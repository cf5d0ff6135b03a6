import ClusterModel

extension NoPlacement {
    /// Counts each node by its first refusal, and puts the nearest miss in words.
    init(verdicts: [Explanation.NodeVerdict]) {
        var counts: [String: Int] = [:]
        for verdict in verdicts { if let first = verdict.refusals.first { counts[first.reason, default: 0] += 1 } }
        self.init(
            nodes: verdicts.count,
            counts: counts.map { Count(reason: $0.key, nodes: $0.value) }
                .sorted { ($0.nodes, $1.reason) > ($1.nodes, $0.reason) },
            nearestMiss: Self.nearestMiss(verdicts.map(\.refusals)))
    }

    /// Of the nodes that are merely too full, those with the least shortfall in proportion to the need.
    private static func nearestMiss(_ refusals: [[Refusal]]) -> String? {
        var best: (distance: Double, amounts: [String], nodes: Int)?
        for node in refusals {
            guard let miss = miss(node) else { continue }
            if let known = best, known.distance < miss.distance || (known.distance == miss.distance && known.amounts != miss.amounts) { continue }
            best = (miss.distance, miss.amounts, best?.distance == miss.distance ? (best?.nodes ?? 0) + 1 : 1)
        }
        return best.map { "\($0.nodes) of \(refusals.count) nodes short by \($0.amounts.joined(separator: " and "))" }
    }

    private static func miss(_ refusals: [Refusal]) -> (distance: Double, amounts: [String])? {
        var distance = 0.0
        var amounts: [String] = []
        for refusal in refusals {
            guard case .short(let resource, let need, let free) = refusal else { return nil }
            distance = max(distance, Double(need - free) / Double(need))
            let amount = resource.describe(need - free)
            switch resource {
            case .memory, .disk: amounts.append("\(amount) of \(resource.text)")
            case .cpu, .device: amounts.append(amount)
            }
        }
        return amounts.isEmpty ? nil : (distance, amounts)
    }
}
