import ClusterModel

/// How long a node may be silent, measured on the controller's ContinuousClock.
package struct HeartbeatTiming: Hashable, Sendable {
    /// How often a node syncs, and the longest that a sync is held.
    package var interval: Milliseconds
    package var suspectAfter: Milliseconds
    package var lostAfter: Milliseconds

    package init(
        interval: Milliseconds = Milliseconds(seconds: 3), suspectAfter: Milliseconds = Milliseconds(seconds: 9),
        lostAfter: Milliseconds = Milliseconds(seconds: 36)
    ) {
        self.interval = interval
        self.suspectAfter = suspectAfter
        self.lostAfter = lostAfter
    }
}

extension Node.Health {
    /// What the age of a node's last sync makes of it. Silence only makes it worse: alive again comes from a sync, not from a tick.
    package func afterSilence(of age: Milliseconds, timing: HeartbeatTiming) -> Self {
        switch self {
        case .alive: age >= timing.lostAfter ? .lost : age >= timing.suspectAfter ? .suspect : .alive
        case .suspect: age >= timing.lostAfter ? .lost : .suspect
        case .lost: .lost
        }
    }
}
