import ClusterModel
import NIOCore

/// Where a connection is in its requests, and so for what it may be waited.
struct ConnectionPhase {
    enum Body: Hashable {
        case ordinary
        /// As long as it is fast enough.
        case image
        /// Silent for as long as its people are.
        case console
    }

    enum Event {
        case bytes
        case head(Body)
        case bodyPiece
        case end
        case answerBegan
        case answered
        /// The other side does not read what is sent to it.
        case blocked
        case unblocked
        /// Reading goes on, after this side has held it up.
        case listens
        case rests
    }

    enum Expiry: Hashable {
        case idle
        case head
        case body
        case reading
    }

    private enum Request {
        case none(since: NIODeadline)
        case head(since: NIODeadline)
        case body(Body, since: NIODeadline, latest: NIODeadline)
        case whole(Body)
    }

    private let limits: ConnectionLimits
    private var request: Request
    private var answersDue = 0
    private var blockedSince: NIODeadline?
    private var isListening = true
    /// A refusal can still be said.
    private(set) var canAnswer = true

    /// A connection is made in order to ask.
    init(limits: ConnectionLimits, at now: NIODeadline) {
        self.limits = limits
        request = .head(since: now)
    }

    mutating func handle(_ event: Event, at now: NIODeadline) {
        switch (event, request) {
        case (.bytes, .none): request = .head(since: now)
        case (.head(let body), _):
            request = .body(body, since: now, latest: now)
            answersDue += 1
            canAnswer = true
        case (.bodyPiece, .body(let body, let since, _)), (.listens, .body(let body, let since, _)):
            request = .body(body, since: since, latest: now)
            isListening = true
        case (.end, .body(let body, _, _)):
            request = .whole(body)
            rest(at: now)
        case (.answerBegan, _): canAnswer = false
        case (.answered, _):
            answersDue = max(0, answersDue - 1)
            rest(at: now)
        case (.blocked, _): blockedSince = blockedSince ?? now
        case (.unblocked, _): blockedSince = nil
        case (.listens, _): isListening = true
        case (.rests, _): isListening = false
        case (.bytes, _), (.bodyPiece, _), (.end, _): break
        }
    }

    private mutating func rest(at now: NIODeadline) {
        guard case .whole = request, answersDue == 0 else { return }
        request = .none(since: now)
        canAnswer = true
    }

    /// What has been waited for too long.
    func expiry(at now: NIODeadline) -> Expiry? {
        func isOver(_ since: NIODeadline, _ limit: Milliseconds) -> Bool { now - since > .milliseconds(limit.count) }
        if let blockedSince, !isConsole, isOver(blockedSince, limits.stall) { return .reading }
        switch request {
        case .none(let since): return answersDue == 0 && isOver(since, limits.idle) ? .idle : nil
        case .head(let since): return isOver(since, limits.head) ? .head : nil
        case .body(.console, _, _), .whole: return nil
        case .body(.image, _, let latest): return isListening && isOver(latest, limits.stall) ? .body : nil
        case .body(.ordinary, let since, let latest):
            return isOver(since, limits.body) || (isListening && isOver(latest, limits.stall)) ? .body : nil
        }
    }

    private var isConsole: Bool {
        switch request {
        case .body(.console, _, _), .whole(.console): true
        default: false
        }
    }
}
