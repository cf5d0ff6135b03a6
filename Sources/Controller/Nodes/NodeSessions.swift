import ClusterModel
import ControllerDecisions
import Synchronization

/// The conversations with nodes behind one lock, and the syncs that are held. What is decided is `NodeConversations`'; here is the waiting.
final class NodeSessions: Sendable {
    private struct Place {
        /// Raised by every wake, so that one between looking and waiting is not lost.
        var wakes: UInt64 = 0
        var held: Held?

        mutating func take() -> Held? {
            defer { held = nil }
            return held
        }
    }

    private struct Held {
        var continuation: CheckedContinuation<Void, Never>
        var turn: Int64
    }

    private struct State {
        var conversations: NodeConversations
        var places: [NodeID: Place] = [:]
        var holds = DueQueue<(node: NodeID, turn: Int64)>()
        var isClosed = false
    }

    private let state: Mutex<State>

    init(_ conversations: NodeConversations) { state = Mutex(State(conversations: conversations)) }

    /// The clock of every moment here.
    static var now: Duration { ContinuousClock.now - origin }
    private static let origin = ContinuousClock.now

    // MARK: Hearing

    /// Ends a sync of this node that is still held.
    func arrive(_ request: SyncRequest, from node: NodeID, health: Node.Health?) -> NodeConversations.Arrival {
        let (arrival, held) = state.withLock { state -> (NodeConversations.Arrival, Held?) in
            let arrival = state.conversations.arrive(request, from: node, health: health, at: Self.now)
            return (arrival, state.places[node]?.take())
        }
        held?.continuation.resume()
        return arrival
    }

    /// The report of this sync is in the ledger.
    func reportIsKept(_ turn: NodeConversations.Turn) { state.withLock { $0.conversations.reportIsKept(turn, at: Self.now) } }

    func forget(_ node: NodeID) {
        let held = state.withLock { state -> Held? in
            state.conversations.forget(node, at: Self.now)
            return state.places.removeValue(forKey: node)?.held
        }
        held?.continuation.resume()
    }

    /// Nil before the first sync since this controller began.
    func age(of node: NodeID) -> Milliseconds? {
        state.withLock { $0.conversations.age(of: node, at: Self.now) }.map { Milliseconds($0.inMilliseconds) }
    }

    var needsFull: SyncAnswer { state.withLock { $0.conversations.needsFull } }

    // MARK: Answering

    func release(_ turn: NodeConversations.Turn, _ tidings: NodeConversations.Tidings) -> NodeConversations.Release {
        state.withLock { $0.conversations.release(turn, tidings, at: Self.now) }
    }

    /// Asked before the look at what there is to tell; from here on a wake counts.
    func wakes(of node: NodeID) -> UInt64 {
        state.withLock { state in
            if let place = state.places[node] { return place.wakes }
            state.places[node] = Place()
            return 0
        }
    }

    /// Returns at the deadline, or at once when the node was woken since `wakes` was read.
    func hold(_ turn: NodeConversations.Turn, until deadline: Duration, since wakes: UInt64) async {
        await withCheckedContinuation { continuation in
            let (now, earlier) = state.withLock { state -> (Bool, Held?) in
                guard !state.isClosed, state.places[turn.node]?.wakes == wakes, deadline > Self.now else { return (true, nil) }
                let earlier = state.places[turn.node]?.take()
                state.places[turn.node]?.held = Held(continuation: continuation, turn: turn.number)
                state.holds.push((turn.node, turn.number), at: deadline)
                return (false, earlier)
            }
            earlier?.continuation.resume()
            if now { continuation.resume() }
        }
    }

    func wake(_ node: NodeID) {
        let held = state.withLock { state -> Held? in
            state.places[node]?.wakes &+= 1
            return state.places[node]?.take()
        }
        held?.continuation.resume()
    }

    /// Lets go of the syncs whose time is over.
    func releaseDue() {
        let due = state.withLock { state -> [Held] in
            var due: [Held] = []
            while let hold = state.holds.pop(at: Self.now) {
                guard state.places[hold.node]?.held?.turn == hold.turn, let held = state.places[hold.node]?.take() else { continue }
                due.append(held)
            }
            return due
        }
        for held in due { held.continuation.resume() }
    }

    func close() {
        let all = state.withLock { state -> [Held] in
            state.isClosed = true
            return state.places.keys.compactMap { state.places[$0]?.take() }
        }
        for held in all { held.continuation.resume() }
    }

    // MARK: Silence

    /// Nodes whose health is due to change; from here on those among them that are lost are granted nothing.
    func due(_ health: (NodeID) -> Node.Health?) -> NodeConversations.Due { state.withLock { $0.conversations.due(at: Self.now, health: health) } }

    func lossesAreSettled(_ nodes: [NodeID]) { state.withLock { $0.conversations.lossesAreSettled(nodes) } }

    func retime(_ heartbeat: HeartbeatTiming, _ lease: LeaseTiming?) { state.withLock { $0.conversations.retime(heartbeat, lease) } }

    // MARK: The term

    func prove(begunAt moment: Duration) { state.withLock { $0.conversations.leases.term.prove(begunAt: moment) } }

    func endTerm() { state.withLock { $0.conversations.leases.term.end() } }

    var wantsProof: Bool { state.withLock { $0.conversations.leases.term.wantsProof(at: Self.now) } }

    var outrankedBy: Epoch? { state.withLock { $0.conversations.leases.term.outrankedBy } }
}

extension Duration {
    var inMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
