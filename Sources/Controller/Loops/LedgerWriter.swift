import ClusterModel
import ControllerDecisions
import DequeModule
import FoundationEssentials
import Logging
import Synchronization

/// The ledger's one writer. It takes every command that waits, applies them in memory, commits them in one transaction, and only then answers.
/// A commit that fails is undone in memory too: nothing is half done.
final class LedgerWriter: Sendable {
    /// An answer as it goes to the caller, and into the store where the request had an idempotency key.
    struct Rendered: Sendable {
        var status: Int
        var body: Data
    }

    /// Turns what the ledger says into the answer's bytes.
    typealias Render = @Sendable (Result<Answer, ErrorBody>) -> Rendered

    private struct Waiting: Sendable {
        var command: Command
        var audit: AuditDraft?
        var scope: IdempotencyScope?
        var render: Render?
        var reply: CheckedContinuation<Reply, Never>
    }

    private enum Reply: Sendable {
        case decided(Result<Answer, ErrorBody>)
        case rendered(Rendered)
    }

    private struct Queue {
        var waiting: Deque<Waiting> = []
        var isAsleep: CheckedContinuation<Void, Never>?
        var isClosed = false
    }

    static let queueLimit = 4096
    static let batchLimit = 512

    private let queue = Mutex(Queue())
    let notes = AuditNotes()
    private let store: any StateStore
    private let room: DiskRoom
    private let journalKept: Int64
    private let auditKept: Int64
    private let metrics: Metrics
    private let logger: Logger
    let view: CommittedView
    let log: WatchLog
    private let committed: @Sendable (Effects) -> Void

    /// - Parameter committed: called after each commit, before the callers are answered.
    init(
        store: any StateStore, room: DiskRoom, view: CommittedView, log: WatchLog, journalKept: Int64, auditKept: Int64, metrics: Metrics,
        logger: Logger,
        committed: @escaping @Sendable (Effects) -> Void
    ) {
        self.store = store
        self.room = room
        self.view = view
        self.log = log
        self.journalKept = journalKept
        self.auditKept = auditKept
        self.metrics = metrics
        self.logger = logger
        self.committed = committed
    }

    // MARK: Asking

    /// - Parameter audit: who asks, where it is a person's request.
    func submit(_ command: Command, audit: AuditDraft? = nil) async throws(ErrorBody) -> Answer {
        switch await enqueue(command, audit: audit, scope: nil, render: nil) {
        case .decided(let result): return try result.get()
        case .rendered: throw ErrorBody(code: .internal, message: "The ledger answered in the wrong form.")
        }
    }

    /// The rendered answer: the first one again, where the key was used before.
    func submit(_ command: Command, audit: AuditDraft?, scope: IdempotencyScope, render: @escaping Render) async -> Rendered {
        switch await enqueue(command, audit: audit, scope: scope, render: render) {
        case .decided(let result): render(result)
        case .rendered(let rendered): rendered
        }
    }

    var queued: Int { queue.withLock { $0.waiting.count } }

    private func enqueue(_ command: Command, audit: AuditDraft?, scope: IdempotencyScope?, render: Render?) async -> Reply {
        await withCheckedContinuation { continuation in
            let waiting = Waiting(command: command, audit: audit, scope: scope, render: render, reply: continuation)
            let (refused, sleeper) = queue.withLock { queue -> (ErrorBody?, CheckedContinuation<Void, Never>?) in
                if queue.isClosed { return (ErrorBody(code: .unavailable, message: "The controller is stopping; try again."), nil) }
                guard queue.waiting.count < Self.queueLimit else {
                    return (
                        ErrorBody(code: .tooManyRequests, message: "\(Self.queueLimit) requests wait for the ledger already; try again shortly."), nil
                    )
                }
                queue.waiting.append(waiting)
                defer { queue.isAsleep = nil }
                return (nil, queue.isAsleep)
            }
            if let refused { continuation.resume(returning: .decided(.failure(refused))) }
            sleeper?.resume()
        }
    }

    /// No command is taken any more; those that wait are still done.
    func close() {
        let sleeper = queue.withLock { queue -> CheckedContinuation<Void, Never>? in
            queue.isClosed = true
            defer { queue.isAsleep = nil }
            return queue.isAsleep
        }
        sleeper?.resume()
    }

    // MARK: Writing

    /// Runs until `close`, or throws when another controller has taken over.
    func run(state: ClusterState, head: StoreHead, answers: IdempotencyIndex, audit: AuditChain) async throws(StoreError) {
        var desk = Desk(state: state, head: head, answers: answers, audit: audit)
        while let batch = await nextBatch() {
            try await write(batch, &desk)
            while desk.state.pendingCursor != nil { try await write([], &desk) }
        }
    }

    /// What the writer holds in hand.
    private struct Desk {
        var state: ClusterState
        var head: StoreHead
        var answers: IdempotencyIndex
        var audit: AuditChain
    }

    private func nextBatch() async -> [Waiting]? {
        while true {
            let (batch, closed) = queue.withLock { queue -> ([Waiting], Bool) in
                let batch = Array(queue.waiting.prefix(Self.batchLimit))
                queue.waiting.removeFirst(batch.count)
                return (batch, queue.isClosed)
            }
            if !batch.isEmpty { return batch }
            if closed { return nil }
            await withCheckedContinuation { continuation in
                let now = queue.withLock { queue -> Bool in
                    if !queue.waiting.isEmpty || queue.isClosed { return true }
                    queue.isAsleep = continuation
                    return false
                }
                if now { continuation.resume() }
            }
        }
    }

    private func write(_ batch: [Waiting], _ desk: inout Desk) async throws(StoreError) {
        let now = Timestamp.now
        let before = desk.state.revision
        var effects = Effects()
        var answers: [StoredAnswer] = []
        var audit = notes.take(from: desk.audit.next)
        var replies: [Reply] = []
        var fresh: [Data: StoredAnswer] = [:]
        replies.reserveCapacity(batch.count)
        for waiting in batch {
            if let scope = waiting.scope, let earlier = await earlierAnswer(scope, fresh: fresh, desk.answers) {
                replies.append(earlier)
                continue
            }
            guard !waiting.command.takesRoom || room.level == .ample else {
                replies.append(.decided(.failure(Self.refusal(.full))))
                continue
            }
            let outcome = desk.state.apply(waiting.command, at: now)
            effects.append(outcome.effects)
            if let draft = waiting.audit { audit.append(draft.entry(desk.audit.next + Int64(audit.count), at: now, outcome.result)) }
            guard let scope = waiting.scope, let render = waiting.render else {
                replies.append(.decided(outcome.result))
                continue
            }
            let rendered = render(outcome.result)
            replies.append(.rendered(rendered))
            let answer = StoredAnswer(
                number: desk.answers.latest + Int64(answers.count) + 1, key: scope.key, fingerprint: scope.fingerprint, status: rendered.status,
                body: rendered.body, at: now.milliseconds)
            answers.append(answer)
            fresh[scope.key] = answer
        }
        effects.append(desk.state.apply(.placePending(again: false), at: now).effects)
        do {
            try await commit(effects, answers, audit, &desk, commands: batch.count, now: now)
        } catch {
            desk.state.undo(effects, to: before)
            logger.error("a commit failed and was undone", metadata: ["why": "\(error)", "commands": "\(batch.count)"])
            let refusal = Self.refusal(error)
            for waiting in batch { waiting.reply.resume(returning: .decided(.failure(refusal))) }
            if case .lostTerm = error { throw error }
            return
        }
        for (waiting, reply) in zip(batch, replies) { waiting.reply.resume(returning: reply) }
    }

    private func commit(
        _ effects: Effects, _ answers: [StoredAnswer], _ audit: [AuditEntry], _ desk: inout Desk, commands: Int, now: Timestamp
    ) async throws(StoreError) {
        let expired = desk.answers.expired(at: now.milliseconds)
        guard !effects.isEmpty || !answers.isEmpty || !audit.isEmpty || expired != nil else { return }
        var batch: StoreBatch
        do {
            batch = try RowCodec.batch(effects, sequence: desk.state.revision)
        } catch {
            throw .unavailable("a row could not be written as JSON: \(error)")
        }
        batch.answers = answers
        batch.forgetAnswersThrough = expired
        var chain = desk.audit
        if !audit.isEmpty {
            batch.audit = chain.append(audit)
            batch.forgetAuditThrough = chain.surplus(keeping: auditKept)
        }
        // In coarse steps, since each is a scan of what is forgotten.
        if desk.state.revision / 10_000 != desk.head.sequence / 10_000 {
            batch.forgetStepsThrough = desk.state.revision - journalKept
            batch.forgetEventsThrough = desk.state.revision - Int64(WatchLog.keptEvents) * 8
        }
        let began = ContinuousClock.now
        desk.head = try await durable(batch, expecting: desk.head)
        desk.audit = chain
        notes.committed(chain.head)
        metrics.committed(commands: commands, took: ContinuousClock.now - began)
        for answer in answers { desk.answers.insert(.init(number: answer.number, key: answer.key, at: answer.at)) }
        if let expired { desk.answers.forget(through: expired) }
        guard !effects.isEmpty else { return }
        view.apply(effects, revision: desk.state.revision)
        log.append(effects, revision: desk.state.revision)
        committed(effects)
    }

    /// On a full disk once more without the ballast: what nodes report and what operators take away shall still be kept.
    private func durable(_ batch: StoreBatch, expecting head: StoreHead) async throws(StoreError) -> StoreHead {
        do { return try await store.commit(batch, expecting: head) } catch {
            guard error == .full, room.dropBallast() else { throw error }
            logger.error("the disk is full; its ballast is given up, and nothing new is taken in")
            return try await store.commit(batch, expecting: head)
        }
    }

    // MARK: Keys used before

    private func earlierAnswer(_ scope: IdempotencyScope, fresh: [Data: StoredAnswer], _ index: IdempotencyIndex) async -> Reply? {
        var answer = fresh[scope.key]
        if answer == nil, let number = index.number(of: scope.key) {
            do {
                answer = try await store.answer(number)
            } catch {
                return .decided(.failure(Self.refusal(error)))
            }
        }
        guard let answer else { return nil }
        guard answer.fingerprint == scope.fingerprint else {
            return .decided(
                .failure(
                    ErrorBody(
                        code: .idempotencyMismatch, message: "This Idempotency-Key was used for another request; make a new key for each request.")))
        }
        return .rendered(Rendered(status: answer.status, body: answer.body))
    }

    private static func refusal(_ error: StoreError) -> ErrorBody {
        switch error {
        case .full: ErrorBody(code: .storageFull, message: "The controller's disk is full, so nothing was changed; an operator must make room.")
        case .lostTerm: ErrorBody(code: .unavailable, message: "Another controller has taken over; ask that one.")
        case .damaged, .unavailable:
            ErrorBody(
                code: .unavailable, message: "The ledger could not be written, so nothing was changed; try again, and see the controller's log.")
        }
    }
}

extension Timestamp {
    static var now: Timestamp { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded())) }
}
