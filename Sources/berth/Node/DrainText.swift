import ClusterAPI
import ClusterModel

/// How far a drain has come, and what one would do.
package enum DrainText {
    package static func of(_ progress: DrainProgress) -> String {
        if let finishedAt = progress.order.finishedAt { return "done at \(finishedAt)" }
        let parts = [(progress.moving, "moving"), (progress.stopping, "stopping"), (progress.waiting, "waiting")]
        let counts = parts.compactMap { $0.0 == 0 ? nil : "\($0.0) \($0.1)" }.joined(separator: ", ")
        return "\(counts.isEmpty ? "nearly done" : counts)\(progress.reason.map { ": \($0)" } ?? "")"
    }

    /// For a column of a list.
    static func word(_ view: NodeView) -> String { view.drain?.order.finishedAt == nil ? "draining" : "drained" }

    package static func of(_ plan: DrainPlan) -> String {
        guard !plan.items.isEmpty else { return "nothing is there\n" }
        return Table.text(
            of: plan.items,
            columns: [
                Column("INSTANCE") { $0.name.text },
                Column("ACTION") { $0.action.rawValue },
                Column("TARGET") { $0.target?.text ?? "" },
                Column("WHY") { $0.reason ?? "" },
            ])
    }
}
