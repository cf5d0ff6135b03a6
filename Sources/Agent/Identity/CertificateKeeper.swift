import Certificates
import ClusterAPI
import ClusterModel
import FoundationEssentials
import Logging
import Synchronization

/// Renews a node's certificate at half of its life, for as long as the agent runs.
package final class CertificateKeeper: Sendable {
    package let node: NodeID
    private let files: NodeCertificateFiles
    private let transport: CurlTransport
    private let logger: Logger
    private let current: Mutex<NodeProof>

    /// A wall clock can be set, so it is looked at again at least this often.
    private static let longestWait = Duration.seconds(60)
    private static let backOff = (base: Duration.milliseconds(500), maximum: Duration.seconds(60))

    private init(_ certificate: NodeProof, files: NodeCertificateFiles, transport: CurlTransport, logger: Logger) {
        node = certificate.node
        current = Mutex(certificate)
        self.files = files
        self.transport = transport
        self.logger = logger
    }

    /// The way to the controller, as this node; without a keeper where the configuration's controller speaks plain HTTP.
    package static func connect(_ configuration: AgentConfiguration, logger: Logger) throws -> (CurlTransport, CertificateKeeper?) {
        guard configuration.controller.lowercased().hasPrefix("https://") else {
            return (try CurlTransport(endpoint: configuration.controller), nil)
        }
        let files = NodeCertificateFiles(directory: configuration.dataDirectory)
        guard let certificate = try files.read() else {
            throw WorkFailure(
                "this node has no certificate: ask an operator for a token of “berth node token \(configuration.name)” and give it to "
                    + "“berth agent join --config FILE --token TOKEN”")
        }
        let transport = try CurlTransport(endpoint: configuration.controller, trust: certificate.trust)
        return (transport, CertificateKeeper(certificate, files: files, transport: transport, logger: logger))
    }

    package var notAfter: Timestamp { current.withLock(\.certificate.notAfter) }

    func run() async {
        warn(of: current.withLock(\.self))
        var failures = 0
        while !Task.isCancelled {
            let renewal = current.withLock { $0.renewal() }
            await sleep(until: renewal)
            guard !Task.isCancelled else { return }
            do {
                try await renew()
                failures = 0
            } catch {
                failures += 1
                report(error, failures)
                let wait = min(Self.backOff.maximum, Self.backOff.base * (1 << min(failures, 7)))
                try? await Task.sleep(for: wait * Double.random(in: 0.5...1))
            }
        }
    }

    private func sleep(until moment: Timestamp) async {
        while !Task.isCancelled {
            let left = Duration.milliseconds(moment.milliseconds - Timestamp.wallClock.milliseconds)
            guard left > .zero else { return }
            try? await Task.sleep(for: min(left, Self.longestWait))
        }
    }

    /// Under a new key: what a thief of the old one holds ends with the old certificate.
    private func renew() async throws {
        let key = SigningKey()
        let answer = try await APIClient(transport: transport, pauses: []).renewCertificate(
            of: node, RenewRequest(signingRequest: try key.request(for: node)))
        let trusted = current.withLock(\.authority)
        let next = try files.keep(answer, key: key, of: node, trusted: trusted)
        current.withLock { $0 = next }
        transport.setTrust(next.trust)
        logger.info("certificate renewed", metadata: ["until": "\(next.certificate.notAfter)"])
        warn(of: next)
    }

    private func warn(of proof: NodeProof) {
        guard let trouble = proof.trouble(at: .wallClock) else { return }
        logger.error("the certificate does not hold now", metadata: ["why": "\(trouble)"])
    }

    private func report(_ error: any Error, _ failures: Int) {
        let now = Timestamp.wallClock
        let why = (error as? ErrorBody)?.message ?? "\(error)"
        let left = current.withLock { $0.trouble(at: now) ?? "it ends at \($0.certificate.notAfter)" }
        let level: Logger.Level = failures == 1 || failures % 20 == 0 ? .warning : .debug
        logger.log(level: level, "the certificate could not be renewed", metadata: ["why": "\(why)", "certificate": "\(left)"])
    }
}
