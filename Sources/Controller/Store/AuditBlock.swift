import FoundationEssentials

/// The audit entries of one commit.
package struct AuditBlock: Hashable, Sendable {
    package var first: Int64
    package var last: Int64
    package var body: Data
    package var hash: Data
    package init(first: Int64, last: Int64, body: Data, hash: Data) {
        self.first = first
        self.last = last
        self.body = body
        self.hash = hash
    }
}

/// A place in the chain: after which entry, and the hash up to there.
package struct AuditMark: Hashable, Sendable {
    package var number: Int64
    package var hash: Data
    package init(number: Int64, hash: Data) {
        self.number = number
        self.hash = hash
    }
    package static let start = AuditMark(number: 0, hash: Data(count: 32))
}
