import ClusterModel
import ControllerDecisions

/// A store whose every answer about the head is a proof of the term, or of its end.
struct WitnessedStore: StateStore {
    let store: any StateStore
    let epoch: Int64
    let sessions: NodeSessions

    func campaign() async throws(StoreError) -> StoreHead { try await store.campaign() }

    func load() async throws(StoreError) -> StoredState { try await store.load() }

    func steps(from sequence: Int64) async throws(StoreError) -> [JournalEntry] { try await store.steps(from: sequence) }

    func answer(_ number: Int64) async throws(StoreError) -> StoredAnswer? { try await store.answer(number) }

    func audit(after number: Int64, blocks: Int) async throws(StoreError) -> [AuditBlock] { try await store.audit(after: number, blocks: blocks) }

    func auditEnds() async throws(StoreError) -> (head: AuditMark, anchor: AuditMark) { try await store.auditEnds() }

    func copy(to path: String, synced: @escaping @Sendable () -> Bool) async throws(StoreError) { try await store.copy(to: path, synced: synced) }

    func settleRestored() async throws(StoreError) { try await store.settleRestored() }

    func commit(_ batch: StoreBatch, expecting head: StoreHead) async throws(StoreError) -> StoreHead {
        let began = NodeSessions.now
        do {
            let head = try await store.commit(batch, expecting: head)
            sessions.prove(begunAt: began)
            return head
        } catch {
            if case .lostTerm = error { sessions.endTerm() }
            throw error
        }
    }

    func observe() async throws(StoreError) -> StoreHead {
        let began = NodeSessions.now
        let head = try await store.observe()
        if head.epoch == epoch { sessions.prove(begunAt: began) } else { sessions.endTerm() }
        return head
    }
}
