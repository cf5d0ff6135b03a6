import ClusterModel
import Synchronization

/// Joins the two halves of consoles and logs: what a node sends goes to the client that waits for it, and back.
final class StreamSwitch: Sendable {
    final class Joined: Sendable {
        let request: StreamRequest
        let node: NodeID
        /// From the node.
        let output = BoundedPipe()
        /// To the node.
        let input = BoundedPipe()
        let project: Name
        /// Who opened it, and alone may read and write it.
        let owner: String
        init(request: StreamRequest, node: NodeID, project: Name, owner: String) {
            self.project = project
            self.owner = owner
            self.request = request
            self.node = node
        }
    }

    private struct Entry {
        var stream: Joined
        var opened: ContinuousClock.Instant
        var announced: ContinuousClock.Instant?
        var hasNode = false
        var hasViewer = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private struct State {
        var entries: [StreamID: Entry] = [:]
        var isClosed = false
    }

    static let limit = 256
    /// Of one owner.
    static let limitOfOwner = 64
    /// How long the node may take to open its half, and a client to ask for the output.
    static let patience = Duration.seconds(10)
    static let repeatAfter = Duration.seconds(3)

    private let state = Mutex(State())

    func open(_ request: StreamRequest, node: NodeID, name: Name, project: Name, owner: String) throws(ErrorBody) -> Joined {
        let stream = Joined(request: request, node: node, project: project, owner: owner)
        let refused = state.withLock { state -> ErrorBody? in
            guard !state.isClosed else { return ErrorBody(code: .unavailable, message: "The controller is stopping; try again.") }
            guard state.entries.count < Self.limit else {
                return ErrorBody(code: .tooManyRequests, message: "\(Self.limit) consoles and logs are open already, which is the most there may be.")
            }
            guard state.entries.values.count(where: { $0.stream.owner == owner }) < Self.limitOfOwner || owner == Caller.local.actor else {
                return ErrorBody(
                    code: .tooManyRequests, message: "“\(owner)” has \(Self.limitOfOwner) consoles and logs open, which is the most one may have.")
            }
            let taken = state.entries.values.contains {
                $0.stream.request.instance == request.instance && $0.stream.request.source == .console && request.source == .console
            }
            guard !taken else {
                return ErrorBody(code: .conflict, message: "Someone is on the console of “\(name)” already; only one may be at a time.")
            }
            state.entries[request.id] = Entry(stream: stream, opened: .now)
            return nil
        }
        if let refused { throw refused }
        return stream
    }

    func find(_ id: StreamID) throws(ErrorBody) -> Joined {
        guard let stream = state.withLock({ $0.entries[id]?.stream }) else { throw Self.noStream(id) }
        return stream
    }

    static func noStream(_ id: StreamID) -> ErrorBody {
        ErrorBody(code: .notFound, message: "There is no open stream with the id \(id); it may have ended.")
    }

    /// The streams that this node should open and has not yet; each is named again only after a while, so that syncs don't spin.
    func announce(to node: NodeID, at now: ContinuousClock.Instant = .now) -> [StreamRequest] {
        state.withLock { state in
            var requests: [StreamRequest] = []
            guard !state.entries.isEmpty else { return requests }
            for entry in state.entries.values.sorted(by: { $0.opened < $1.opened }) where entry.stream.node == node && !entry.hasNode {
                guard entry.announced.map({ now - $0 >= Self.repeatAfter }) ?? true else { continue }
                state.entries[entry.stream.request.id]?.announced = now
                requests.append(entry.stream.request)
            }
            return requests
        }
    }

    /// The node's half of the output has begun. False where it had already.
    func nodeArrived(_ id: StreamID) -> Bool {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            guard var entry = state.entries[id], !entry.hasNode else { return nil }
            entry.hasNode = true
            defer { state.entries[id] = entry }
            defer { entry.waiters = [] }
            return entry.waiters
        }
        for waiter in waiters ?? [] { waiter.resume() }
        return waiters != nil
    }

    /// Waits for the node's half; `timeout` where it does not come, `conflict` where someone reads the output already.
    func awaitNode(_ id: StreamID) async throws(ErrorBody) {
        let claimed = state.withLock { state -> Bool in
            guard state.entries[id]?.hasViewer == false else { return false }
            state.entries[id]?.hasViewer = true
            return true
        }
        guard claimed else { throw ErrorBody(code: .conflict, message: "The output of this stream is being read already.") }
        await withCheckedContinuation { continuation in
            let now = state.withLock { state -> Bool in
                guard var entry = state.entries[id], !entry.hasNode else { return true }
                entry.waiters.append(continuation)
                state.entries[id] = entry
                return false
            }
            if now { continuation.resume() }
        }
        guard state.withLock({ $0.entries[id]?.hasNode ?? false }) else {
            throw ErrorBody(code: .timeout, message: "The instance's node did not open the stream within \(Self.patience.components.seconds) s.")
        }
    }

    func close(_ id: StreamID) {
        let entry = state.withLock { $0.entries.removeValue(forKey: id) }
        guard let entry else { return }
        entry.stream.output.finish()
        entry.stream.input.finish()
        for waiter in entry.waiters { waiter.resume() }
    }

    /// Ends what nobody took up in time.
    func expire(at now: ContinuousClock.Instant) {
        let stale = state.withLock { state in
            state.entries.values.filter { now - $0.opened >= Self.patience && !($0.hasNode && $0.hasViewer) }.map(\.stream.request.id)
        }
        for id in stale { close(id) }
    }

    func closeAll() {
        let all = state.withLock { state in
            state.isClosed = true
            return state.entries.keys.map { $0 }
        }
        for id in all { close(id) }
    }
}
