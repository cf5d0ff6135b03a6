import Certificates
import ClusterModel
import NIOCore
import NIOSSL
import Synchronization

/// The controller's end of TLS 1.3: its own certificate, made anew in time, and a look at the certificates of those who show one.
final class ServerTLS: Sendable {
    private struct State {
        var context: NIOSSLContext
        var renewAt: Timestamp
    }

    let authority: Authority
    private let names: ServerNames
    private let state: Mutex<State>

    init(authority: Authority, names: ServerNames) throws(CertificateFailure) {
        self.authority = authority
        self.names = names
        state = Mutex(try Self.make(authority, names, at: .now))
    }

    private static func make(_ authority: Authority, _ names: ServerNames, at now: Timestamp) throws(CertificateFailure) -> State {
        let made = try authority.makeServer(names: names, at: now)
        do {
            let chain = try made.chain.map { try NIOSSLCertificate(bytes: $0, format: .der) }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(try NIOSSLPrivateKey(bytes: made.key, format: .der)))
            configuration.minimumTLSVersion = .tlsv13
            configuration.trustRoots = .certificates(Array(chain.suffix(1)))
            // People have tokens and no certificates.
            configuration.certificateVerification = .optionalVerification
            return State(context: try NIOSSLContext(configuration: configuration), renewAt: now.advanced(by: Authority.serverRenewal))
        } catch {
            throw CertificateFailure("the controller's certificate can't be used: \(error)")
        }
    }

    /// For one connection. The handshake proves that the other end holds the key of what it shows, and no more: what that is worth is decided with
    /// each request, where it can be said in a sentence.
    func handler() -> NIOSSLServerHandler {
        let context = state.withLock { state in
            if Timestamp.now >= state.renewAt, let next = try? Self.make(authority, names, at: .now) { state = next }
            return state.context
        }
        return NIOSSLServerHandler(context: context, customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) })
    }
}
