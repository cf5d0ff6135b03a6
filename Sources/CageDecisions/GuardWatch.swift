/// A fenced instance's VMM as its cage has registered it.
package struct FencedVMM: Hashable, Sendable {
    package var pid: Int32
    /// Field 22 of /proc/PID/stat, without which a pid says little.
    package var startTime: UInt64

    package init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }
}

/// What the node guard does: the second line behind cages that are stopped or hang. Moments are nanoseconds of CLOCK_BOOTTIME.
package struct GuardWatch: Hashable, Sendable {
    package struct Orders: Hashable, Sendable {
        /// Those that had their permission under a lease that is over.
        package var kill: [FencedVMM]
        /// The machine's watchdog may be told that all is well.
        package var feed: Bool
        package var wakeAt: UInt64
    }

    /// The cages come first.
    package static let patience: UInt64 = 500_000_000
    package static let insistence: UInt64 = 200_000_000
    /// Between two looks while there is no deadline to wait for.
    package static let idle: UInt64 = 1_000_000_000

    private var reading: LeaseReading
    private let feeds: Bool
    private var doomed: [FencedVMM] = []

    /// - Parameter feeds: there is a watchdog that wants to hear of it every second.
    package init(boot: BootID, feeds: Bool) {
        reading = LeaseReading(boot: boot)
        self.feeds = feeds
    }

    /// - Parameter alive: every registered VMM that runs.
    package mutating func step(reading bytes: [UInt8], alive: [FencedVMM], at now: UInt64) -> Orders {
        reading.read(bytes)
        let end = reading.deadline &+ Self.patience
        let isOver = now >= end
        // One that outlives its lease stays doomed when another lease begins.
        doomed = isOver ? alive : doomed.filter(alive.contains)
        let next: UInt64 =
            if !doomed.isEmpty { Self.insistence } else if isOver || feeds { Self.idle } else { min(end - now, Self.idle * 5) }
        return Orders(kill: doomed, feed: doomed.isEmpty && (reading.holds(at: now) || alive.isEmpty), wakeAt: now &+ next)
    }
}
