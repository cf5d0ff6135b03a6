import FoundationEssentials

/// Where the ledger is kept. Every write goes through `commit`, which compares and advances the head, so that a controller that lost its term
/// can't write. All calls of one implementation may come from different tasks.
package protocol StateStore: Sendable {
    /// Begins a new term: the epoch becomes one higher than ever before.
    func campaign() async throws(StoreError) -> StoreHead
    /// All that is kept. Throws `damaged` when a row is not what was written.
    func load() async throws(StoreError) -> StoredState
    /// All of the batch or nothing. The head becomes (epoch, batch.sequence).
    func commit(_ batch: StoreBatch, expecting head: StoreHead) async throws(StoreError) -> StoreHead
    func observe() async throws(StoreError) -> StoreHead
    /// The journal's entries whose number is at least `sequence`, oldest first.
    func steps(from sequence: Int64) async throws(StoreError) -> [JournalEntry]
    func answer(_ number: Int64) async throws(StoreError) -> StoredAnswer?
    /// The blocks that end after entry `number`, oldest first.
    func audit(after number: Int64, blocks: Int) async throws(StoreError) -> [AuditBlock]
    /// The end of the audit's chain, and where what is kept of it begins.
    func auditEnds() async throws(StoreError) -> (head: AuditMark, anchor: AuditMark)
    /// Copies all that is kept into an empty file while commits go on. `synced` is called now and then, off the path of commits, to make what was
    /// copied so far durable.
    func copy(to path: String, synced: @escaping @Sendable () -> Bool) async throws(StoreError)
    /// It is on record elsewhere that this ledger came from a backup.
    func settleRestored() async throws(StoreError)
}

/// The term and the number of the last change in it.
package struct StoreHead: Hashable, Sendable {
    package var epoch: Int64
    package var sequence: Int64
    package init(epoch: Int64, sequence: Int64) {
        self.epoch = epoch
        self.sequence = sequence
    }
}

package enum RowKind: Int64, Hashable, Sendable, CaseIterable {
    case node = 1
    case instance = 2
    case size = 3
    case image = 4
    case operation = 5
    case tombstone = 6
    case key = 7
    case seed = 8
    case recovery = 9
    case joinToken = 50
    case credential = 51
    case volume = 30
    case snapshot = 31
    case project = 60
    case account = 61
    case token = 62
    case capacity = 80
}

package struct StoredRow: Hashable, Sendable {
    package var key: Int64
    package var kind: RowKind
    package var body: Data
    package init(key: Int64, kind: RowKind, body: Data) {
        self.key = key
        self.kind = kind
        self.body = body
    }
}

/// The placement steps, or the events, of one batch under the batch's last number.
package struct JournalEntry: Hashable, Sendable {
    package var sequence: Int64
    package var body: Data
    package init(sequence: Int64, body: Data) {
        self.sequence = sequence
        self.body = body
    }
}

/// What a request with an idempotency key was answered.
package struct StoredAnswer: Hashable, Sendable {
    package var number: Int64
    /// A digest of caller and key.
    package var key: Data
    /// A digest of route and body, to know a key that is used for something else.
    package var fingerprint: Data
    package var status: Int
    package var body: Data
    /// Milliseconds since 1970.
    package var at: Int64
    package init(number: Int64, key: Data, fingerprint: Data, status: Int, body: Data, at: Int64) {
        self.number = number
        self.key = key
        self.fingerprint = fingerprint
        self.status = status
        self.body = body
        self.at = at
    }
}

package struct StoreBatch: Sendable {
    /// The number of the last change; may equal the head's when only answers are kept.
    package var sequence: Int64
    package var puts: [StoredRow] = []
    package var deletes: [Int64] = []
    package var steps: Data?
    package var events: Data?
    package var answers: [StoredAnswer] = []
    package var forgetStepsThrough: Int64?
    package var forgetEventsThrough: Int64?
    package var forgetAnswersThrough: Int64?
    package var audit: AuditBlock?
    /// Whole blocks that end at or before this entry.
    package var forgetAuditThrough: Int64?

    package init(sequence: Int64) { self.sequence = sequence }
}

/// The answers without their bodies: enough to know a key again.
package struct StoredState: Sendable {
    package struct AnswerKey: Hashable, Sendable {
        package var number: Int64
        package var key: Data
        package var at: Int64
        package init(number: Int64, key: Data, at: Int64) {
            self.number = number
            self.key = key
            self.at = at
        }
    }

    package var head: StoreHead
    /// Milliseconds since 1970; set where this ledger was put back from a backup and nobody has settled yet what that means.
    package var restoredAt: Int64?
    /// In the order of their keys.
    package var rows: [StoredRow]
    /// The latest entries, oldest first.
    package var events: [JournalEntry]
    package var answers: [AnswerKey]

    package init(head: StoreHead, restoredAt: Int64? = nil, rows: [StoredRow], events: [JournalEntry], answers: [AnswerKey]) {
        self.head = head
        self.restoredAt = restoredAt
        self.rows = rows
        self.events = events
        self.answers = answers
    }
}

package enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Someone else has written since; this controller's term is over.
    case lostTerm(expected: StoreHead, found: StoreHead)
    case full
    case damaged(String)
    case unavailable(String)

    package var description: String {
        switch self {
        case .lostTerm(let expected, let found):
            "the ledger is at epoch \(found.epoch), sequence \(found.sequence), and not at epoch \(expected.epoch), sequence \(expected.sequence): "
                + "another controller has written"
        case .full: "the disk is full"
        case .damaged(let what): "the ledger is damaged: \(what)"
        case .unavailable(let why): "the ledger can't be reached: \(why)"
        }
    }
}
