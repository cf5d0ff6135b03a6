import ClusterModel

/// When nodes were lost, in the uptime of this controller and so by a clock that never goes back. None of it is durable: a node that was lost
/// under a controller before this one counts as if it had been at this one's start.
struct LossTimes: Sendable {
    /// As the latest look at silent nodes told it.
    var uptime = Milliseconds.zero
    private var lost: [NodeID: Milliseconds] = [:]

    mutating func apply(_ edit: Edit<Node>) {
        guard let id = edit.before?.value.id ?? edit.after?.value.id else { return }
        if edit.after?.value.health != .lost {
            lost[id] = nil
        } else if let before = edit.before?.value, before.health != .lost {
            lost[id] = uptime
        }
    }

    func isWithin(_ window: Milliseconds, _ node: NodeID) -> Bool { uptime - (lost[node] ?? .zero) <= window }
}
