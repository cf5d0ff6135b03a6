/// The brake on automatic recovery. Nothing is started elsewhere by itself while there is a hold.
package struct Recovery: Hashable, Sendable, Codable {
    package var hold: RecoveryHold?
    package var resumedAt: Timestamp?
    /// The ledger's revision of the operator's latest word: what was lost before it does not count towards the next hold.
    package var resumedRevision: Int64?

    package init(hold: RecoveryHold? = nil, resumedAt: Timestamp? = nil, resumedRevision: Int64? = nil) {
        self.hold = hold
        self.resumedAt = resumedAt
        self.resumedRevision = resumedRevision
    }
}

package struct RecoveryHold: Hashable, Sendable, Codable {
    package enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
        case manyNodesLost = "many-nodes-lost"
        /// The controller has just begun and has not once heard from a node that is lost.
        case controllerStarted = "controller-started"
        /// The ledger is an old copy; another controller may work on a newer one.
        case restoredStore = "restored-store"
        case operatorsWord = "operators-word"
    }

    package var reason: Reason
    package var message: String
    package var since: Timestamp

    package init(reason: Reason, message: String, since: Timestamp) {
        self.reason = reason
        self.message = message
        self.since = since
    }
}
