import Certificates
import NIOSSL

/// One look at what the other end of a connection has shown, on its event loop.
final class PeerLook {
    private let tls: NIOSSLServerHandler
    private let authority: Authority
    private let presented: Presented

    init(_ tls: NIOSSLServerHandler, _ authority: Authority, _ presented: Presented) {
        self.tls = tls
        self.authority = authority
        self.presented = presented
    }

    func take() {
        guard let certificate = tls.peerCertificate else { return }
        let known = (try? certificate.toDERBytes()).flatMap { authority.nodeCertificate(der: $0) }
        presented.certificate = known.map { .node($0) } ?? .foreign
    }
}

@available(*, unavailable)
extension PeerLook: Sendable {}
