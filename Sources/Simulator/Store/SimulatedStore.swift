import ClusterModel
import ControllerDecisions

/// The durable ledger, by the contract of `StateStore`: all of a batch or nothing, and only under the head that the writer knows.
struct SimulatedStore {
    struct Head: Hashable {
        var epoch: Int64
        var sequence: Int64
    }

    struct Batch {
        var effects: Effects
        var answers: [(key: RequestKey, answer: ClientAnswer)]
        var sequence: Int64
    }

    enum Failure: Hashable {
        case lostTerm, full, unavailable
    }

    /// One commit on its way.
    struct Commit {
        let controller: Int
        let life: Int
        let batch: Batch
        let expecting: Head
        /// Nil until it is done or refused.
        var result: Result?
        var isAnswered = true
        var isCancelled = false

        enum Result: Hashable {
            case done(Head)
            case failed(Failure)
        }
    }

    private(set) var head = Head(epoch: 0, sequence: 0)
    private var rows: [Int64: Change] = [:]
    private(set) var answers: [RequestKey: ClientAnswer] = [:]
    private var commits: [Int: Commit] = [:]
    private var tickets = 0
    /// By controller: when it was last shown that the term is its own.
    private var proofs: [Moment?] = []
    /// How many faults of each kind are in force.
    var full = 0
    var slow: [Span] = []
    var unknownDone = 0
    var unknownUndone = 0

    /// From here on nobody else can write or prove a term.
    mutating func campaign() -> Head {
        head.epoch += 1
        return head
    }

    mutating func prove(_ epoch: Int64, by controller: Int, at moment: Moment) -> Bool {
        guard head.epoch == epoch else { return false }
        while proofs.count <= controller { proofs.append(nil) }
        proofs[controller] = moment
        return true
    }

    func lastProof(besides controller: Int) -> Moment? {
        proofs.enumerated().compactMap { $0.offset == controller ? nil : $0.element }.max()
    }

    /// In the order of their keys.
    func load() -> [Change] { rows.keys.sorted().compactMap { rows[$0] } }

    mutating func begin(_ commit: Commit) -> Int {
        tickets += 1
        commits[tickets] = commit
        return tickets
    }

    subscript(ticket: Int) -> Commit? { commits[ticket] }

    /// The moment at which it is durable, or is not. Nil for one that died with its writer.
    mutating func settle(_ ticket: Int, at moment: Moment) -> Commit? {
        guard var commit = commits[ticket], !commit.isCancelled else {
            commits[ticket] = nil
            return nil
        }
        if commit.expecting != head {
            commit.result = .failed(.lostTerm)
        } else if full > 0, !commit.batch.effects.isEmpty {
            commit.result = .failed(.full)
        } else if unknownUndone > 0 {
            commit.result = .failed(.unavailable)
        } else {
            write(commit.batch)
            _ = prove(head.epoch, by: commit.controller, at: moment)
            commit.isAnswered = unknownDone == 0
            commit.result = .done(head)
        }
        commits[ticket] = commit
        return commit
    }

    /// It never arrives.
    mutating func lose(_ ticket: Int) { commits[ticket]?.result = .failed(.unavailable) }

    mutating func finish(_ ticket: Int) -> Commit? { commits.removeValue(forKey: ticket) }

    /// What a writer that dies has not seen through is done or not, as chance has it.
    mutating func abandon(controller: Int, life: Int, _ chance: inout SeededGenerator) {
        for ticket in commits.keys.sorted() {
            guard let commit = commits[ticket], commit.controller == controller, commit.life == life, commit.result == nil else { continue }
            if chance.chance(50) { commits[ticket]?.isCancelled = true }
        }
    }

    private mutating func write(_ batch: Batch) {
        for change in batch.effects.changes {
            let (key, row) = change.change.stored
            rows[key] = row
        }
        for answer in batch.answers { answers[answer.key] = answer.answer }
        head.sequence = batch.sequence
    }
}

extension Change {
    /// As it is kept: under its key, without what was before. Nil where it is gone.
    var stored: (key: Int64, row: Change?) {
        func row<Value>(_ edit: Edit<Value>, _ make: (Edit<Value>) -> Change) -> (Int64, Change?) {
            (edit.after?.key ?? edit.before?.key ?? 0, edit.after.map { make(Edit(before: nil, after: $0)) })
        }
        func stored(_ change: AccessChange) -> (Int64, Change?) {
            switch change {
            case .project(let edit): row(edit) { .access(.project($0)) }
            case .account(let edit): row(edit) { .access(.account($0)) }
            case .token(let edit): row(edit) { .access(.token($0)) }
            }
        }
        return switch self {
        case .node(let edit): row(edit, Change.node)
        case .instance(let edit): row(edit, Change.instance)
        case .size(let edit): row(edit, Change.size)
        case .image(let edit): row(edit, Change.image)
        case .operation(let edit): row(edit, Change.operation)
        case .tombstone(let edit): row(edit, Change.tombstone)
        case .recovery(let edit): row(edit, Change.recovery)
        case .joinToken(let edit): row(edit, Change.joinToken)
        case .credential(let edit): row(edit, Change.credential)
        case .key(let edit): row(edit, Change.key)
        case .seed(let edit): row(edit, Change.seed)
        case .volume(let edit): row(edit, Change.volume)
        case .snapshot(let edit): row(edit, Change.snapshot)
        case .access(let change): stored(change)
        case .capacity(let edit): row(edit, Change.capacity)
        }
    }
}
