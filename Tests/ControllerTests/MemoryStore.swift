import Controller
import Foundation
import Synchronization

/// A second implementation of the store, held to the same suite as SQLite's, and one that can be told to fail.
final class MemoryStore: StateStore {
    private struct State {
        var head = StoreHead(epoch: 0, sequence: 0)
        var rows: [Int64: StoredRow] = [:]
        var steps: [JournalEntry] = []
        var events: [JournalEntry] = []
        var answers: [Int64: StoredAnswer] = [:]
        var audit: [AuditBlock] = []
        var anchor = AuditMark.start
        var failure: StoreError?
        var commits: [Int] = []
    }

    private let state = Mutex(State())

    /// Every commit throws this, until it is nil again.
    func fail(with failure: StoreError?) { state.withLock { $0.failure = failure } }

    /// How many rows each commit put.
    var commits: [Int] { state.withLock { $0.commits } }

    func campaign() async throws(StoreError) -> StoreHead {
        state.withLock { state in
            state.head.epoch += 1
            return state.head
        }
    }

    func observe() async throws(StoreError) -> StoreHead { state.withLock { $0.head } }

    func load() async throws(StoreError) -> StoredState {
        state.withLock { state in
            StoredState(
                head: state.head, rows: state.rows.values.sorted { $0.key < $1.key }, events: state.events,
                answers: state.answers.values.sorted { $0.number < $1.number }.map { .init(number: $0.number, key: $0.key, at: $0.at) })
        }
    }

    func commit(_ batch: StoreBatch, expecting head: StoreHead) async throws(StoreError) -> StoreHead {
        let result = state.withLock { state -> Result<StoreHead, StoreError> in
            if let failure = state.failure { return .failure(failure) }
            guard state.head == head, batch.sequence >= head.sequence else { return .failure(.lostTerm(expected: head, found: state.head)) }
            for row in batch.puts { state.rows[row.key] = row }
            for key in batch.deletes { state.rows[key] = nil }
            if let steps = batch.steps { state.steps.append(JournalEntry(sequence: batch.sequence, body: steps)) }
            if let events = batch.events { state.events.append(JournalEntry(sequence: batch.sequence, body: events)) }
            for answer in batch.answers { state.answers[answer.number] = answer }
            if let number = batch.forgetStepsThrough { state.steps.removeAll { $0.sequence <= number } }
            if let number = batch.forgetEventsThrough { state.events.removeAll { $0.sequence <= number } }
            if let number = batch.forgetAnswersThrough { state.answers = state.answers.filter { $0.key > number } }
            if let block = batch.audit { state.audit.append(block) }
            if let number = batch.forgetAuditThrough, let last = state.audit.last(where: { $0.last <= number }) {
                state.anchor = AuditMark(number: last.last, hash: last.hash)
                state.audit.removeAll { $0.last <= last.last }
            }
            state.commits.append(batch.puts.count)
            state.head.sequence = batch.sequence
            return .success(state.head)
        }
        return try result.get()
    }

    func steps(from sequence: Int64) async throws(StoreError) -> [JournalEntry] {
        state.withLock { $0.steps.filter { $0.sequence >= sequence } }
    }

    func answer(_ number: Int64) async throws(StoreError) -> StoredAnswer? { state.withLock { $0.answers[number] } }

    func audit(after number: Int64, blocks: Int) async throws(StoreError) -> [AuditBlock] {
        state.withLock { Array($0.audit.filter { $0.last > number }.prefix(blocks)) }
    }

    func auditEnds() async throws(StoreError) -> (head: AuditMark, anchor: AuditMark) {
        state.withLock { state in (state.audit.last.map { AuditMark(number: $0.last, hash: $0.hash) } ?? state.anchor, state.anchor) }
    }

    func copy(to path: String, synced: @escaping @Sendable () -> Bool) async throws(StoreError) {
        throw .unavailable("what is in memory only is not copied")
    }

    func settleRestored() async throws(StoreError) {}
}
