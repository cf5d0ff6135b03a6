import ClusterModel
import DequeModule
import Synchronization

/// How many reports of nodes are on their way into the ledger at once. After a restart every node says everything, and without a bound their reports
/// would fill the ledger's queue before any request of a person. Full reports take turns; a node has a few reports under way and no more.
package final class ReportAdmission: Sendable {
    package struct Bounds: Hashable, Sendable {
        /// Full reports that are taken in together.
        package var atOnce = 128
        /// Full reports that wait for their turn; further ones are sent away.
        package var waiting = 16_384
        package var perNode = 4
        package init() {}
    }

    private struct State {
        var underWay = 0
        var waiting: Deque<CheckedContinuation<Bool, Never>> = []
        var ofNode: [NodeID: Int] = [:]
    }

    private let bounds: Bounds
    private let state = Mutex(State())

    package init(_ bounds: Bounds = Bounds()) { self.bounds = bounds }

    /// Runs `work` when it is this report's turn.
    package func admit<Value: Sendable>(
        _ node: NodeID, full: Bool, _ work: () async throws(ErrorBody) -> Value
    ) async throws(ErrorBody) -> Value {
        try enter(node)
        defer { leave(node) }
        guard full else { return try await work() }
        try await takeTurn()
        defer { passTurn() }
        return try await work()
    }

    private func enter(_ node: NodeID) throws(ErrorBody) {
        let isAdmitted = state.withLock { state in
            guard state.ofNode[node, default: 0] < bounds.perNode else { return false }
            state.ofNode[node, default: 0] += 1
            return true
        }
        guard isAdmitted else {
            throw ErrorBody(
                code: .tooManyRequests, message: "\(bounds.perNode) reports of this node are being taken in already; wait for their answers.")
        }
    }

    private func leave(_ node: NodeID) {
        state.withLock { state in
            let left = (state.ofNode[node] ?? 1) - 1
            state.ofNode[node] = left > 0 ? left : nil
        }
    }

    private func takeTurn() async throws(ErrorBody) {
        let isAdmitted = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let answer = state.withLock { state -> Bool? in
                if state.underWay < bounds.atOnce {
                    state.underWay += 1
                    return true
                }
                guard state.waiting.count < bounds.waiting else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        guard isAdmitted else {
            throw ErrorBody(code: .unavailable, message: "\(bounds.waiting) nodes wait to say everything; try again shortly.")
        }
    }

    /// To who has waited longest.
    private func passTurn() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            if let next = state.waiting.popFirst() { return next }
            state.underWay -= 1
            return nil
        }
        next?.resume(returning: true)
    }
}
