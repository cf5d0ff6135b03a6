import ClusterModel
import ControllerDecisions
import DequeModule
import Synchronization

/// What goes into the audit beside the changes: requests that were denied, and what is opened without changing the ledger. A flood of them is counted
/// and not kept.
final class AuditNotes: Sendable {
    private struct Note {
        var draft: AuditDraft
        var at: Timestamp
        var decision: AuditEntry.Decision
        var code: ErrorBody.Code?
    }

    private struct State {
        var notes: Deque<Note> = []
        var unnoted = 0
        var head = AuditMark.start
    }

    private static let limit = 256
    private let state = Mutex(State())

    func add(_ draft: AuditDraft, _ decision: AuditEntry.Decision, code: ErrorBody.Code? = nil) {
        state.withLock { state in
            guard state.notes.count < Self.limit else {
                state.unnoted += 1
                return
            }
            state.notes.append(Note(draft: draft, at: .now, decision: decision, code: code))
        }
    }

    var isEmpty: Bool { state.withLock { $0.notes.isEmpty } }

    /// As entries numbered from `number` on. They are lost where their commit fails, as the requests of that commit are.
    func take(from number: Int64) -> [AuditEntry] {
        let (notes, unnoted) = state.withLock { state in
            defer {
                state.notes = []
                state.unnoted = 0
            }
            return (state.notes, state.unnoted)
        }
        var entries: [AuditEntry] = []
        for note in notes { entries.append(note.draft.entry(number + Int64(entries.count), at: note.at, note.decision, code: note.code)) }
        if unnoted > 0, let last = notes.last {
            entries.append(AuditDraft(unnoted: unnoted).entry(number + Int64(entries.count), at: last.at, .denied))
        }
        return entries
    }

    /// The end of the chain as of the last commit.
    var head: AuditMark { state.withLock(\.head) }
    func committed(_ head: AuditMark) { state.withLock { $0.head = head } }
}

extension LedgerWriter {
    func note(_ draft: AuditDraft, _ decision: AuditEntry.Decision, code: ErrorBody.Code? = nil) { notes.add(draft, decision, code: code) }
    var hasNotes: Bool { !notes.isEmpty }
}
