/// Since when a node has not been heard from, and what that has come to.
package struct NodeSilence: Hashable, Sendable, Codable {
    /// When it became suspect.
    package var since: Timestamp
    package var lostAt: Timestamp?
    /// The ledger's revision of its loss, which no clock can set back.
    package var lostRevision: Int64?
    /// Nil until it is sure that nothing fenced runs there any more.
    package var proof: FencingProof?

    package init(since: Timestamp, lostAt: Timestamp? = nil, lostRevision: Int64? = nil, proof: FencingProof? = nil) {
        self.since = since
        self.lostAt = lostAt
        self.lostRevision = lostRevision
        self.proof = proof
    }
}

/// Why nothing fenced can run on a node any more.
package struct FencingProof: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// Its lease is surely over.
        case lease
        /// The configured fence command ended with 0.
        case hook
        /// An operator said that the machine is dead.
        case operatorsWord = "operators-word"
    }

    package var kind: Kind
    /// For people: goes into the event of every instance that is started elsewhere on its strength.
    package var sentence: String

    package init(kind: Kind, sentence: String) {
        self.kind = kind
        self.sentence = sentence
    }
}
