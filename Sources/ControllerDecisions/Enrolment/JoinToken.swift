import ClusterModel

/// What lets one node join, once. The secret itself is known to who was given it alone.
package struct JoinToken: Hashable, Sendable, Codable {
    package static let longest = Milliseconds(seconds: 3600)

    /// SHA-256 of the secret.
    package var digest: Digest
    package var node: Name
    package var createdAt: Timestamp
    package var expiresAt: Timestamp
    /// Nil until it was used.
    package var use: Use?

    package struct Use: Hashable, Sendable, Codable {
        package var by: NodeID
        package var at: Timestamp
    }

    package init(digest: Digest, node: Name, createdAt: Timestamp, expiresAt: Timestamp) {
        self.digest = digest
        self.node = node
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// That a node has joined: without one its certificates are worth nothing.
package struct NodeCredential: Hashable, Sendable, Codable {
    package var node: NodeID
    package var name: Name
    /// The number of its joining, which each of its certificates carries: those of an earlier one are over.
    package var enrolment: Int64
    package var joinedAt: Timestamp
    package var revokedAt: Timestamp?
}
