import Certificates
import ClusterAPI
import ClusterModel
import FoundationEssentials

/// How a node comes by its first certificate: by a token, which also says by what fingerprint the controller's authority is known.
package struct NodeJoining: Sendable {
    private let configuration: AgentConfiguration

    package init(_ configuration: AgentConfiguration) { self.configuration = configuration }

    /// Takes the data directory's lock meanwhile. Throws a sentence; the controller's refusals as they are.
    package func join(token text: String) async throws -> NodeProof {
        guard configuration.controller.hasPrefix("https://") else {
            throw WorkFailure("the configured controller is \(configuration.controller): nodes join over https only")
        }
        guard let token = JoinTokenText(text) else { throw WorkFailure("this is no join token; copy all of what “berth node token” printed") }
        let identity = try NodeIdentity(directory: configuration.dataDirectory)
        let authority = try await authority(of: token)
        let transport = try CurlTransport(
            endpoint: configuration.controller, trust: CurlTrust(.pinned(Data(authority.pem.utf8))))
        let key = SigningKey()
        let request = JoinRequest(token: token.text, node: identity.id, name: configuration.name, signingRequest: try key.request(for: identity.id))
        let answer: CertificateAnswer
        do { answer = try await APIClient(transport: transport).join(request) } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
        let kept = try NodeCertificateFiles(directory: configuration.dataDirectory).keep(answer, key: key, of: identity.id, trusted: authority)
        let now = Timestamp.wallClock
        let (begin, end) = (kept.certificate.notBefore, kept.certificate.notAfter)
        guard now >= begin, now <= end else {
            throw WorkFailure(
                "the certificate holds from \(begin) to \(end) by the controller's clock (\(answer.time)), and by this machine's "
                    + "clock it is \(now): set the clocks, then start the agent")
        }
        return kept
    }

    /// Asked of anybody who answers, and believed once its fingerprint is the token's. Nothing secret is said before.
    private func authority(of token: JoinTokenText) async throws -> TrustedAuthority {
        let transport = try CurlTransport(endpoint: configuration.controller, trust: CurlTrust(.anybody))
        let answer: AuthorityAnswer
        do { answer = try await APIClient(transport: transport).authority() } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
        guard let known = TrustedAuthority(pem: answer.certificate), known.fingerprint == token.authority else {
            throw WorkFailure(
                "what answers at \(configuration.controller) is not the controller that made this token: its authority's fingerprint is another. "
                    + "The token was not sent")
        }
        return known
    }
}
