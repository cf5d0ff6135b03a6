import ClusterModel

/// A placement decision in words: the outcome, then a verdict for every node.
package enum ExplanationText {
    package static func of(_ explanation: Explanation, wide: Bool) -> String {
        let fitting = explanation.nodes.count { $0.score != nil }
        let outcome = chosenName(explanation).map { "placed on \($0)" } ?? "placed nowhere"
        return "\(outcome); \(fitting) of \(explanation.nodes.count) nodes fit, policy \(explanation.policy.rawValue)\n"
            + Table.text(of: explanation.nodes, columns: columns(chosen: explanation.chosen).filter { wide || !$0.isWide })
    }

    package static func chosenName(_ explanation: Explanation) -> String? {
        explanation.nodes.first { $0.node == explanation.chosen }?.name.text
    }

    private static func columns(chosen: NodeID?) -> [Column<Explanation.NodeVerdict>] {
        [
            Column("NODE") { $0.name.text },
            Column("VERDICT") { $0.node == chosen ? "chosen" : $0.score != nil ? "fits" : "refused" },
            Column("SCORE", .right) { $0.score.map(score) ?? "" },
            Column("WHY") { ($0.refusals.map(\.description) + $0.reservations).joined(separator: "; ") },
            Column("ID", wide: true) { $0.node.description },
        ]
    }

    /// Four decimals, the lower the better.
    private static func score(_ score: Double) -> String {
        guard score.isFinite, score.magnitude < 1e12 else { return "\(score)" }
        let scaled = Int64((score.magnitude * 10_000).rounded())
        let fraction = "\(10_000 + scaled % 10_000)".dropFirst()
        return "\(score < 0 && scaled != 0 ? "-" : "")\(scaled / 10_000).\(fraction)"
    }
}
