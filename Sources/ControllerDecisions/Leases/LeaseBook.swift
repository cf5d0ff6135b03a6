import ClusterModel

/// What the controller knows of the leases that nodes hold. To grant one and to declare a node lost are decisions of this one value,
/// so that neither happens beside the other. Moments are of one clock that never goes back.
package struct LeaseBook: Sendable {
    private enum Phase: Hashable, Sendable {
        /// Nothing is granted before the ledger has a full report of this node.
        case awaitingReport
        /// It has; what moved away or was deleted meanwhile may still be there.
        case returning
        case granting
        /// Declared lost, and the ledger is about to say so or to fail.
        case losing
    }

    private struct Entry: Sendable {
        var phase = Phase.awaitingReport
        /// Whatever was granted is surely over from here on.
        var overAt: Duration
        /// Raised with each declaration and again when it is on record.
        var losses: Int64 = 0
    }

    /// A report on its way into the ledger.
    package struct ReportTicket: Hashable, Sendable { fileprivate let losses: Int64 }

    /// A node as the committed ledger has it when an answer leaves.
    package struct Standing: Hashable, Sendable {
        package var isAlive: Bool
        /// Something is still to be taken away there of which the ledger holds a tombstone.
        package var owesRemoval: Bool
        package init(isAlive: Bool, owesRemoval: Bool) {
            self.isAlive = isAlive
            self.owesRemoval = owesRemoval
        }
    }

    package var term: Term
    /// Nil: this controller grants no leases.
    package private(set) var timing: LeaseTiming?
    private var entries: [NodeID: Entry] = [:]
    /// Where nothing is known of a node, its lease of an earlier controller may last until here.
    private let inheritedOverAt: Duration

    /// - Parameters:
    ///   - began: when this controller did.
    ///   - inherited: the longest wait that any controller before it has granted by.
    package init(term: Term, timing: LeaseTiming?, began: Duration, inherited: Milliseconds) {
        self.term = term
        self.timing = timing
        inheritedOverAt = began + max(inherited, timing?.wait ?? .zero).duration
    }

    /// From the next grant on. What was granted by other times keeps its own.
    package mutating func retime(_ timing: LeaseTiming?) { self.timing = timing }

    private subscript(_ node: NodeID) -> Entry {
        get { entries[node] ?? Entry(overAt: inheritedOverAt) }
        set { entries[node] = newValue }
    }

    // MARK: Granting

    /// For an answer that leaves now. The grant is on record here before it does.
    /// - Parameter asked: when the request came that it answers. The node counts its lease from before that, so the wait begins there too.
    package mutating func grant(to node: NodeID, _ standing: Standing, asked: Duration, at now: Duration) -> LeaseGrant? {
        guard let timing, standing.isAlive, term.isProven(at: now) else { return nil }
        var entry = self[node]
        switch entry.phase {
        case .awaitingReport, .losing: return nil
        case .returning where standing.owesRemoval: return nil
        case .returning, .granting: entry.phase = .granting
        }
        entry.overAt = max(entry.overAt, asked + timing.wait.duration)
        self[node] = entry
        return LeaseGrant(length: timing.length)
    }

    /// A node that was lost, or that this controller has never heard out, says everything before it is granted anything.
    package func owesReport(_ node: NodeID) -> Bool { self[node].phase == .awaitingReport }

    /// Before the report is put to the ledger.
    package func reportBegins(_ node: NodeID) -> ReportTicket { ReportTicket(losses: self[node].losses) }

    /// The ledger has the full report. One that began before a loss was on record says nothing of the time since.
    package mutating func reported(_ node: NodeID, _ ticket: ReportTicket) {
        guard self[node].phase == .awaitingReport, self[node].losses == ticket.losses else { return }
        self[node].phase = .returning
    }

    // MARK: Losing

    package func surelyOverAt(_ node: NodeID) -> Duration { self[node].overAt }

    /// True when its lease is surely over; from then on nothing is granted until `settleLoss`.
    package mutating func declareLost(_ node: NodeID, at now: Duration) -> Bool {
        guard now >= self[node].overAt, self[node].phase != .losing else { return false }
        self[node].phase = .losing
        self[node].losses += 1
        return true
    }

    /// The ledger was asked. Whether or not it has the node as lost now, only a full report from here on brings a lease.
    package mutating func settleLoss(_ node: NodeID) {
        guard self[node].phase == .losing else { return }
        self[node].phase = .awaitingReport
        self[node].losses += 1
    }

    /// The ledger has it as lost, by whatever proof: what was said before counts no more.
    package mutating func foundLost(_ node: NodeID) {
        guard self[node].phase == .returning || self[node].phase == .granting else { return }
        self[node].phase = .awaitingReport
        self[node].losses += 1
    }

    /// The node has left the ledger. What it was granted is remembered for as long as it lasts.
    package mutating func forget(_ node: NodeID, at now: Duration) {
        guard entries[node] != nil else { return }
        self[node].phase = .awaitingReport
        self[node].losses += 1
        if now >= self[node].overAt, now >= inheritedOverAt { entries[node] = nil }
    }
}
