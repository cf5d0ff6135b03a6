import ClusterModel
import FoundationEssentials

package struct JoinTokenRequest: Hashable, Sendable, Codable {
    package var node: Name
    /// An hour when absent, which is also the most.
    package var ttl: Milliseconds?
    package init(node: Name, ttl: Milliseconds? = nil) {
        self.node = node
        self.ttl = ttl
    }
}

/// The only time that the token is said.
package struct JoinTokenAnswer: Hashable, Sendable, Codable {
    package var token: String
    package var node: Name
    package var expiresAt: Timestamp
    package init(token: String, node: Name, expiresAt: Timestamp) {
        self.token = token
        self.node = node
        self.expiresAt = expiresAt
    }
}

/// The certificate of the cluster's authority: nothing secret, and nothing to trust before its fingerprint was compared.
package struct AuthorityAnswer: Hashable, Sendable, Codable {
    /// PEM.
    package var certificate: String
    /// SHA-256 of the certificate's DER.
    package var fingerprint: Digest
    package var time: Timestamp
    package init(certificate: String, fingerprint: Digest, time: Timestamp) {
        self.certificate = certificate
        self.fingerprint = fingerprint
        self.time = time
    }
}

package struct JoinRequest: Hashable, Sendable, Codable {
    package var token: String
    package var node: NodeID
    package var name: Name
    /// PKCS #10, PEM, of a P-256 key, for the subject `CN=node/<id>`.
    package var signingRequest: String
    package init(token: String, node: NodeID, name: Name, signingRequest: String) {
        self.token = token
        self.node = node
        self.name = name
        self.signingRequest = signingRequest
    }
}

package struct RenewRequest: Hashable, Sendable, Codable {
    package var signingRequest: String
    package init(signingRequest: String) { self.signingRequest = signingRequest }
}

package struct CertificateAnswer: Hashable, Sendable, Codable {
    /// PEM.
    package var certificate: String
    package var authority: String
    package var notBefore: Timestamp
    package var notAfter: Timestamp
    /// By the controller's clock.
    package var time: Timestamp
    package init(certificate: String, authority: String, notBefore: Timestamp, notAfter: Timestamp, time: Timestamp) {
        self.certificate = certificate
        self.authority = authority
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.time = time
    }
}

package struct RevokedNode: Hashable, Sendable, Codable {
    package var node: NodeID
    package var name: Name
    package var revokedAt: Timestamp
    package init(node: NodeID, name: Name, revokedAt: Timestamp) {
        self.node = node
        self.name = name
        self.revokedAt = revokedAt
    }
}

/// A join token as it is given to people: its secret, and by what the controller is known before anything is said to it.
package struct JoinTokenText: Hashable, Sendable {
    package static let secretBytes = 32

    package var secret: Data
    package var authority: Digest

    package init(secret: Data, authority: Digest) {
        self.secret = secret
        self.authority = authority
    }

    /// Nil for what is no join token.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.prefix, let authority = Digest(hex: String(parts[2])), let secret = Self.secret(of: parts[1]) else {
            return nil
        }
        self.init(secret: secret, authority: authority)
    }

    private static let prefix = "berth-join"

    /// RFC 4648's alphabet for URLs, without padding.
    private static func secret(of text: Substring) -> Data? {
        guard text.utf8.count == 43 else { return nil }
        let plain = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }) + "="
        guard let data = Data(base64Encoded: plain), data.count == secretBytes else { return nil }
        return data
    }

    package var text: String {
        let coded = String(secret.base64EncodedString().compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 })
        return "\(Self.prefix).\(coded).\(authority.hex)"
    }
}
