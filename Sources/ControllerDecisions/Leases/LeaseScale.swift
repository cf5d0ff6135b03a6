import ClusterModel

/// The times of leases in a cluster of a given size: so many nodes renew that all of them together stay within a rate.
package struct LeaseScale: Hashable, Sendable {
    /// What a small cluster lives by.
    package var base: LeaseTiming
    /// Of all nodes together, in a second.
    package var syncRate: Int64

    package static let syncRate: Int64 = 2000

    package init(base: LeaseTiming, syncRate: Int64 = Self.syncRate) {
        self.base = base
        self.syncRate = syncRate
    }

    /// The interval grows with the nodes; the lease and the wait grow only as far as the interval makes them.
    package func timing(nodes: Int) -> LeaseTiming {
        let renew = Self.interval(base.renew, nodes: nodes, rate: syncRate)
        guard renew > base.renew else { return base }
        let turns = 2 * (2 * renew.count + LeaseTiming.roundTrip.count)
        let length = max(base.length, Milliseconds(turns))
        let wait = max(base.wait, LeaseTiming.shortestWait(length: length, kill: base.kill))
        return (try? LeaseTiming(renew: renew, length: length, kill: base.kill, wait: wait)) ?? base
    }

    /// The shortest time between two syncs of a node, from `base` on, that keeps `nodes` of them within the rate.
    package static func interval(_ base: Milliseconds, nodes: Int, rate: Int64) -> Milliseconds {
        let nodes = Int64(clamping: min(max(0, nodes), LedgerSettings.Limit.nodes))
        let rate = min(max(1, rate), 1_000_000)
        return max(base, min(Milliseconds((nodes * 1000 + rate - 1) / rate), longest))
    }

    private static let longest = Milliseconds(seconds: 600)
}

extension HeartbeatTiming {
    /// What goes with a lease: each sync renews it, and silence is suspect after a few of them.
    package init(_ lease: LeaseTiming) {
        self.init(interval: lease.renew, suspectAfter: Milliseconds(lease.renew.count * 3), lostAfter: lease.wait)
    }

    /// With a longer interval. A node is heard once in it, and is suspect when it is late by half of one.
    package func scaled(to interval: Milliseconds, wait: Milliseconds) -> Self {
        let late = Milliseconds(interval.count * 3 / 2 + LeaseTiming.roundTrip.count)
        let suspectAfter = interval > self.interval ? max(self.suspectAfter, late) : self.suspectAfter
        return Self(interval: interval, suspectAfter: suspectAfter, lostAfter: max(lostAfter, wait, suspectAfter + interval))
    }
}

extension LeaseTiming {
    /// The longest lease that an interval between syncs and a wait leave room for; nil where they leave none.
    package static func longest(renew: Milliseconds, wait: Milliseconds) -> Self? {
        for profile in [standard, fast] where profile.renew == renew && profile.wait == wait { return profile }
        let kill = min(standard.kill, Milliseconds(max(0, wait.count) / 6))
        let rest = wait.count - shortestWait(length: .zero, kill: kill).count
        let length = Milliseconds(max(0, rest) * (1_000_000 - clockRate) / (1_000_000 + clockRate))
        return try? Self(renew: renew, length: length, kill: kill, wait: wait)
    }
}
