import Certificates
import ClusterModel
import Synchronization

/// Who is at the other end of a connection, by its certificate.
enum Peer: Hashable, Sendable {
    case node(NodeID)
    /// Nobody has shown a certificate: people, who have tokens, and those who want to join.
    case nobody
}

/// What the other end of one connection has shown.
final class Presented: Sendable {
    enum Certificate: Hashable, Sendable {
        case none
        case node(NodeCertificate)
        /// Of another authority, or for something else.
        case foreign
    }

    private let kept = Mutex(Certificate.none)

    var certificate: Certificate {
        get { kept.withLock(\.self) }
        set { kept.withLock { $0 = newValue } }
    }

    /// Of the connection whose request this task answers.
    @TaskLocal static var current: Presented?
}
