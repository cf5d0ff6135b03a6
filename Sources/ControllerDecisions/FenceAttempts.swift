import ClusterModel

/// Which nodes the fence command is run for next: a few at a time, again after a pause when it failed, and not for ever. Moments are of one clock
/// that never goes back.
package struct FenceAttempts: Sendable {
    private struct Entry: Sendable {
        var since: Timestamp
        var attempts = 0
        var isRunning = false
        var notBefore = Duration.zero
    }

    /// One run that is to be begun.
    package struct Run: Hashable, Sendable {
        package var node: NodeID
        package var since: Timestamp
        package var attempt: Int
    }

    package static let limit = 5
    package static let atOnce = 8
    private static let pause = Duration.seconds(5)

    private var entries: [NodeID: Entry] = [:]

    package init() {}

    /// - Parameter nodes: those that the ledger wants fenced; a silence that is new begins anew.
    package mutating func due(_ nodes: [Node], at now: Duration) -> [Run] {
        var due: [Run] = []
        let wanted = Set(nodes.map(\.id))
        entries = entries.filter { wanted.contains($0.key) || $0.value.isRunning }
        var running = entries.values.count(where: \.isRunning)
        for node in nodes {
            guard running < Self.atOnce, let since = node.silence?.since else { continue }
            var entry = entries[node.id] ?? Entry(since: since)
            if entry.since != since, !entry.isRunning { entry = Entry(since: since) }
            guard !entry.isRunning, entry.attempts < Self.limit, now >= entry.notBefore else { continue }
            entry.isRunning = true
            entry.attempts += 1
            running += 1
            entries[node.id] = entry
            due.append(Run(node: node.id, since: since, attempt: entry.attempts))
        }
        return due
    }

    /// Each failure doubles the pause before the next.
    package mutating func ended(_ run: Run, at now: Duration) {
        guard var entry = entries[run.node] else { return }
        entry.isRunning = false
        entry.notBefore = now + Self.pause * (1 << min(run.attempt - 1, 6))
        entries[run.node] = entry
    }
}
