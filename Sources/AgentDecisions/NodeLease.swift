import ClusterModel

/// The node's permission to run fenced instances, counted from the sending of the sync that was answered. Moments are of CLOCK_BOOTTIME.
package struct NodeLease: Hashable, Sendable {
    private var until: Duration?
    private var isConfirmed = false
    /// No grant of more is believed.
    private let longest: Milliseconds

    /// - Parameter kept: the deadline that an earlier agent of this boot has written down.
    package init(kept: Duration? = nil, longest: Milliseconds = Milliseconds(seconds: 86_400)) {
        until = kept
        self.longest = longest
    }

    package enum Taken: Hashable, Sendable {
        case counted
        /// It came with a part of the desired set only, after a lapse: instances may have moved away since, and nobody has said which.
        case needsFullSet
        /// It was over when it arrived.
        case late
        /// With a hold and an interval like these it would be over before its renewal.
        case tooShort

        /// As a part of a sentence.
        package var words: String {
            switch self {
            case .counted: "it counts"
            case .needsFullSet: "it came without the full set of what is wanted here, after a lapse"
            case .late: "it was over on arrival"
            case .tooShort: "held sync, way and interval take more than half of it; the controller's configuration is wrong"
            }
        }
    }

    /// - Parameters:
    ///   - sentAt: when the request left that this answers.
    ///   - isFull: the answer names everything that is wanted here.
    ///   - turn: how long the request was to be held, and the time until the next.
    package mutating func take(
        _ grant: LeaseGrant, sentAt: Duration, isFull: Bool, turn: Milliseconds, at now: Duration
    ) -> Taken {
        let length = min(max(.zero, grant.length), longest)
        guard (turn + LeaseTiming.roundTrip).count * 2 <= length.count else { return .tooShort }
        let end = sentAt + length.duration
        guard end > now else { return .late }
        noteLapse(at: now)
        guard until != nil && isConfirmed || isFull else { return .needsFullSet }
        until = max(until ?? end, end)
        isConfirmed = true
        return .counted
    }

    /// What runs may go on until the deadline; anything more takes the full set again.
    package mutating func unconfirm() { isConfirmed = false }

    /// True once for each lapse.
    @discardableResult
    package mutating func noteLapse(at now: Duration) -> Bool {
        guard let until, now >= until else { return false }
        self.until = nil
        isConfirmed = false
        return true
    }

    package func standing(at now: Duration) -> LeaseStanding {
        guard let until, now < until else { return .none }
        return isConfirmed ? .held(until: until) : .kept(until: until)
    }
}

/// What the lease allows.
package enum LeaseStanding: Hashable, Sendable {
    case none
    /// An earlier agent's: what runs may go on, and nothing is started before this agent has heard what is wanted.
    case kept(until: Duration)
    case held(until: Duration)

    package func mayRun(at now: Duration) -> Bool {
        switch self {
        case .none: false
        case .kept(let until), .held(let until): now < until
        }
    }

    package func mayStart(at now: Duration) -> Bool {
        if case .held(let until) = self { now < until } else { false }
    }

    package var until: Duration? {
        switch self {
        case .none: nil
        case .kept(let until), .held(let until): until
        }
    }
}
