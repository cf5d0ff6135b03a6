/// What a client means to do at a moment; with which instance or node, it sees then.
package struct Intent: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Of the cluster that somebody has: `pick` is its place there.
        case launchWorkload
        case launch, stop, start, reboot, delete, cancel, cordon, uncordon, removeLost, settleStranger, drain, confirmDead, resumeRecovery
    }

    package var at: Moment
    package var client: Int
    package var kind: Kind
    package var pick: Int

    package init(at: Moment, client: Int, kind: Kind, pick: Int) {
        self.at = at
        self.client = client
        self.kind = kind
        self.pick = pick
    }
}

extension Intent: CustomStringConvertible {
    package var description: String { "\(at): client \(client + 1) means to \(kind.rawValue) (\(pick))" }
}
