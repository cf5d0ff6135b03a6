/// Who did, or tried to do, what: kept in the same transaction as the change, and chained by hash.
package struct AuditEntry: Hashable, Sendable, Codable {
    package enum Decision: String, Hashable, Sendable, Codable, CaseIterable {
        case done
        /// Allowed, and refused by the ledger: a conflict, a quota, no room.
        case refused
        /// Not allowed.
        case denied
    }

    /// From 1, without gaps.
    package var number: Int64
    package var at: Timestamp
    /// An account, "node/<id>", "local" where no access control is set up, or "nobody".
    package var actor: String
    /// The address that the request came from.
    package var address: String
    /// The route's name.
    package var verb: String
    package var object: String
    package var decision: Decision
    /// Why, where it was not done.
    package var code: ErrorBody.Code?
    package var requestID: String

    package init(
        number: Int64, at: Timestamp, actor: String, address: String, verb: String, object: String, decision: Decision, code: ErrorBody.Code? = nil,
        requestID: String
    ) {
        self.number = number
        self.at = at
        self.actor = actor
        self.address = address
        self.verb = verb
        self.object = object
        self.decision = decision
        self.code = code
        self.requestID = requestID
    }
}
