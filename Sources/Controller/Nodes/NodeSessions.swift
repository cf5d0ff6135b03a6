import ClusterModel
import ControllerDecisions
import Synchronization

/// What is known of the conversations with nodes, none of it durable: when each was last heard, its session, and the sync that is held.
final class NodeSessions: Sendable {
    private struct Session {
        var name: String?
        var lastHeard: ContinuousClock.Instant
        var held: Held?
        /// Raised by every wake, so that one between looking and waiting is not lost.
        var wakes: UInt64 = 0
    }

    private struct Held {
        var continuation: CheckedContinuation<Void, Never>
        var deadline: ContinuousClock.Instant
    }

    private struct State {
        var sessions: [NodeID: Session] = [:]
        /// When each held sync is due, or was: looked through twenty times a second, which the sessions themselves are too large for.
        var deadlines: [NodeID: ContinuousClock.Instant] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let began = ContinuousClock.now

    // MARK: Hearing

    /// Whether the session is the one whose full report was taken. Ends a sync of this node that is still held.
    func heard(_ node: NodeID, session: String, at now: ContinuousClock.Instant) -> Bool {
        let (known, held) = state.withLock { state -> (Bool, Held?) in
            var entry = state.sessions[node] ?? Session(lastHeard: now)
            defer { state.sessions[node] = entry }
            entry.lastHeard = now
            let held = entry.held
            entry.held = nil
            return (entry.name == session, held)
        }
        held?.continuation.resume()
        return known
    }

    /// False once a later sync of the node has arrived.
    func isLatest(_ node: NodeID, arrived: ContinuousClock.Instant) -> Bool {
        state.withLock { $0.sessions[node].map { $0.lastHeard <= arrived } ?? true }
    }

    /// The full report of this session is in the ledger.
    func accept(_ node: NodeID, session: String) {
        state.withLock { state in state.sessions[node]?.name = session }
    }

    func forget(_ node: NodeID) {
        let held = state.withLock { $0.sessions.removeValue(forKey: node)?.held }
        held?.continuation.resume()
    }

    /// Nil before the first sync since this controller began.
    func age(of node: NodeID, at now: ContinuousClock.Instant = .now) -> Milliseconds? {
        state.withLock { state in
            guard let session = state.sessions[node] else { return nil }
            return Milliseconds((now - session.lastHeard).inMilliseconds)
        }
    }

    /// For health: counted from this controller's begin where nothing was heard since, because restarts are no deaths.
    func silence(of node: NodeID, at now: ContinuousClock.Instant) -> Milliseconds {
        age(of: node, at: now) ?? Milliseconds((now - began).inMilliseconds)
    }

    // MARK: Holding

    func wakes(of node: NodeID) -> UInt64 { state.withLock { $0.sessions[node]?.wakes ?? 0 } }

    /// Returns at the deadline, or at once when the node was woken since `wakes` was read.
    func hold(_ node: NodeID, until deadline: ContinuousClock.Instant, since wakes: UInt64) async {
        await withCheckedContinuation { continuation in
            let (now, earlier) = state.withLock { state -> (Bool, Held?) in
                guard !state.isClosed, var session = state.sessions[node], session.wakes == wakes, deadline > .now else { return (true, nil) }
                let earlier = session.held
                session.held = Held(continuation: continuation, deadline: deadline)
                state.sessions[node] = session
                state.deadlines[node] = deadline
                return (false, earlier)
            }
            earlier?.continuation.resume()
            if now { continuation.resume() }
        }
    }

    func wake(_ node: NodeID) {
        let held = state.withLock { state -> Held? in
            guard var session = state.sessions[node] else { return nil }
            session.wakes &+= 1
            let held = session.held
            session.held = nil
            state.sessions[node] = session
            return held
        }
        held?.continuation.resume()
    }

    /// Lets go of the syncs whose time is over.
    func release(at now: ContinuousClock.Instant) {
        let due = state.withLock { state -> [Held] in
            var due: [Held] = []
            for node in state.deadlines.compactMap({ $0.value <= now ? $0.key : nil }) {
                state.deadlines[node] = nil
                guard let held = state.sessions[node]?.held, held.deadline <= now else { continue }
                due.append(held)
                state.sessions[node]?.held = nil
            }
            return due
        }
        for held in due { held.continuation.resume() }
    }

    func close() {
        let all = state.withLock { state -> [Held] in
            state.isClosed = true
            let all = state.sessions.values.compactMap(\.held)
            for node in state.sessions.keys { state.sessions[node]?.held = nil }
            return all
        }
        for held in all { held.continuation.resume() }
    }
}

extension Duration {
    var inMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
