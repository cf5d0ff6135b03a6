/// A node's permission to run fenced instances. The node counts it from the moment at which it sent the request that this answers,
/// on its own clock, so that no delay on the way makes it longer than the controller believes.
package struct LeaseGrant: Hashable, Sendable, Codable {
    package var length: Milliseconds
    package init(length: Milliseconds) { self.length = length }

    private enum CodingKeys: String, CodingKey { case length = "lengthMilliseconds" }
}

/// The times that a lease lives by. All are measured on CLOCK_BOOTTIME of whoever measures; clocks may differ in rate by `clockRate`.
package struct LeaseTiming: Hashable, Sendable {
    /// Between two renewals, and the longest that a sync is held.
    package private(set) var renew: Milliseconds
    /// L: how long a grant holds from the sending of its request.
    package private(set) var length: Milliseconds
    /// F: the real time that a node takes to end its fenced instances, with the drain of their I/O.
    package private(set) var kill: Milliseconds
    /// W: how long after the coming of the request that it answered last the controller counts the lease as over.
    package private(set) var wait: Milliseconds

    /// rho, in parts of a million: far above what a disciplined clock does, so that only a broken one is outside.
    package static let clockRate: Int64 = 10_000
    /// What a request and its answer may take on the way.
    package static let roundTrip = Milliseconds(seconds: 1)

    package static let standard = Self(renew: 3000, length: 30_000, kill: 5000, wait: 36_000)
    package static let fast = Self(renew: 1000, length: 6000, kill: 3000, wait: 10_000)

    private init(renew: Int64, length: Int64, kill: Int64, wait: Int64) {
        self.renew = Milliseconds(renew)
        self.length = Milliseconds(length)
        self.kill = Milliseconds(kill)
        self.wait = Milliseconds(wait)
    }

    /// - Throws: the inequality that does not hold, with its numbers.
    package init(renew: Milliseconds, length: Milliseconds, kill: Milliseconds, wait: Milliseconds) throws(LeaseTimingError) {
        self.init(renew: renew.count, length: length.count, kill: kill.count, wait: wait.count)
        for time in [renew, length, kill, wait] where !(Milliseconds(10)...Milliseconds(seconds: 86_400)).contains(time) {
            throw LeaseTimingError("\(time) is no time for a lease: 10ms to a day is expected")
        }
        let turn = Milliseconds(2 * renew.count + Self.roundTrip.count)
        guard turn.count * 2 <= length.count else {
            throw LeaseTimingError(
                "a sync held for \(renew), its way of \(Self.roundTrip) and the next interval of \(renew) are \(turn), more than half the lease of \(length): "
                    + "the lease would be over before its renewal; lengthen the lease or shorten the renewal")
        }
        let needed = Self.shortestWait(length: length, kill: kill)
        guard wait >= needed else {
            throw LeaseTimingError(
                "a wait of \(wait) is too short for a lease of \(length) and \(kill) to end its instances: at least \(needed) is needed, "
                    + "or an instance could run twice")
        }
    }

    /// W >= ((1+rho)/(1-rho)) L + (1+rho) F, rounded up. From the node's clock at its slowest and the controller's at its fastest.
    package static func shortestWait(length: Milliseconds, kill: Milliseconds) -> Milliseconds {
        let million: Int64 = 1_000_000
        let fast = million + clockRate
        let slow = million - clockRate
        let lease = (length.count * fast + slow - 1) / slow
        let ending = (kill.count * fast + million - 1) / million
        return Milliseconds(lease + ending)
    }
}

package struct LeaseTimingError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
