import ClusterModel
import ControllerDecisions

/// The brake on recovery, seen in true time: when nodes were lost, and what operators said.
struct RecoveryWatch {
    private var lostAt: [NodeID: Moment] = [:]
    private var resumedAt: Moment?
    private var isHeld = false

    /// Of the default settings, in true time; a little less of the window, since it is measured by the ledger's own clock.
    private static let settings = RecoverySettings()
    private static let window = Span(nanoseconds: Span(settings.window).nanoseconds * 9 / 10)

    mutating func take(_ edit: Edit<Node>, at now: Moment) {
        if let before = edit.before?.value, edit.after == nil { lostAt[before.id] = nil }
        guard let node = edit.after?.value else { return }
        if node.health != .lost || node.silence?.proof?.kind ?? .lease != .lease {
            lostAt[node.id] = nil
        } else if edit.before?.value.health != .lost {
            lostAt[node.id] = now
        }
    }

    mutating func take(_ edit: Edit<Recovery>, at now: Moment) {
        isHeld = edit.after?.value.hold != nil
        if edit.before?.value.resumedAt != edit.after?.value.resumedAt { resumedAt = now }
    }

    /// Why nothing may be recovered now; nil where it may.
    /// - Parameter isSaidDead: an operator has said that the node in question is dead, which is a word for its instances too.
    func whyHeld(at now: Moment, nodes: Int, isSaidDead: Bool) -> String? {
        if isHeld { return "recovery is held" }
        guard !isSaidDead else { return nil }
        let lost = lostAt.values.count { moment in now - moment <= Self.window && resumedAt.map { moment > $0 } ?? true }
        let others = nodes - lostAt.count + lost
        let allowed = max(1, others * Self.settings.maxLostShare / 1000)
        return lost > allowed ? "\(lost) of \(nodes) nodes were lost at once" : nil
    }
}
