import Certificates
import ClusterAPI
import ClusterModel
import ControllerDecisions
import Crypto
import FoundationEssentials
import Hummingbird
import Logging

/// How nodes come by their certificates: `/v1/authority`, `/v1/join-tokens`, `/v1/join`, and a node's `certificate` and `revoke`.
extension Controller {
    private static let enrolmentLimit = 16 << 10

    func showAuthority(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let authority = try theAuthority()
        return try .json(AuthorityAnswer(certificate: authority.pem, fingerprint: authority.fingerprint, time: .now))
    }

    /// Not kept for a repetition under an idempotency key: the ledger knows no secret, only its digest.
    func createJoinToken(_ call: APICall) async throws(ErrorBody) -> Response {
        _ = try call.query()
        let authority = try theAuthority()
        let request = try JSONBody.decode(JoinTokenRequest.self, try await JSONBody.read(call.request, limit: Self.enrolmentLimit))
        let lifetime = request.ttl ?? JoinToken.longest
        guard lifetime > .zero, lifetime <= JoinToken.longest else {
            throw ErrorBody(code: .invalid, message: "ttl: \(lifetime) is out of range: more than nothing and at most 1h is allowed.")
        }
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let now = Timestamp.now
        let token = JoinToken(digest: try Self.digest(of: secret), node: request.node, createdAt: now, expiresAt: now.advanced(by: lifetime))
        _ = try await writer.submit(.enrolment(.issue(token)), audit: AuditDraft(call))
        let text = JoinTokenText(secret: secret, authority: authority.fingerprint).text
        return try .json(JoinTokenAnswer(token: text, node: token.node, expiresAt: token.expiresAt), status: 201)
    }

    /// Open to nobody in particular: the token is all that counts.
    func joinNode(_ call: APICall) async throws(ErrorBody) -> Response {
        _ = try call.query()
        let authority = try theAuthority()
        try joinGate.pass()
        let request = try JSONBody.decode(JoinRequest.self, try await JSONBody.read(call.request, limit: Self.enrolmentLimit))
        guard let text = JoinTokenText(request.token) else {
            throw ErrorBody(code: .unauthenticated, message: "token: this is no join token; copy all of what “berth node token” printed.")
        }
        let signing = try Self.signing(request.signingRequest, for: request.node)
        do throws(ErrorBody) {
            let joining = EnrolmentCommand.Joining(token: try Self.digest(of: text.secret), node: request.node, name: request.name)
            guard case .credential(let credential) = try await writer.submit(.enrolment(.join(joining)), audit: AuditDraft(call)) else {
                throw ErrorBody(code: .internal, message: "The ledger answered something else than was asked.")
            }
            return try certified(signing, of: credential, by: authority, status: 201)
        } catch {
            logger.warning("a node may not join", metadata: ["node": "\(request.name)", "id": "\(request.node)", "why": "\(error.message)"])
            throw error
        }
    }

    func renewCertificate(_ call: APICall) async throws(ErrorBody) -> Response {
        _ = try call.query()
        let authority = try theAuthority()
        let node = try nodeID(call.parameters[0])
        let request = try JSONBody.decode(RenewRequest.self, try await JSONBody.read(call.request, limit: Self.enrolmentLimit))
        let signing = try Self.signing(request.signingRequest, for: node)
        guard let credential = view.look({ $0.enrolment.credentials[node]?.value }), credential.revokedAt == nil else {
            throw ErrorBody(code: .unauthenticated, message: "Node \(node) has no certificate that could be renewed.")
        }
        return try certified(signing, of: credential, by: authority, status: 200)
    }

    func revokeNode(_ call: APICall) async throws(ErrorBody) -> Response {
        _ = try call.query()
        _ = try theAuthority()
        let text = call.parameters[0]
        let key: NodeKey = if let id = NodeID(text), view.look({ $0.enrolment.credentials[id] != nil }) { .id(id) } else { try nodeKey(text) }
        return try await change(call, body: try await noBody(call), .enrolment(.revoke(key))) { answer in
            guard case .credential(let credential) = answer, let revokedAt = credential.revokedAt else { return nil }
            return RevokedNode(node: credential.node, name: credential.name, revokedAt: revokedAt)
        }
    }

    private func certified(
        _ request: SigningRequest, of credential: NodeCredential, by authority: Authority, status: Int
    ) throws(ErrorBody) -> Response {
        let now = Timestamp.now
        guard let signed = try? authority.sign(request, enrolment: credential.enrolment, at: now) else {
            throw ErrorBody(code: .internal, message: "The certificate could not be made.")
        }
        let answer = CertificateAnswer(
            certificate: signed.pem, authority: authority.pem, notBefore: signed.notBefore, notAfter: signed.notAfter, time: now)
        return try .json(answer, status: status)
    }

    private func theAuthority() throws(ErrorBody) -> Authority {
        guard let authority else {
            throw ErrorBody(code: .conflict, message: "This controller runs with “security: none”: nodes have no certificates, and join without.")
        }
        return authority
    }

    private static func signing(_ pem: String, for node: NodeID) throws(ErrorBody) -> SigningRequest {
        do { return try SigningRequest(pem: pem, for: node) } catch { throw ErrorBody(code: .invalid, message: "signingRequest: \(error)") }
    }

    private static func digest(of secret: Data) throws(ErrorBody) -> ClusterModel.Digest {
        let digits = Array("0123456789abcdef")
        let hex = String(SHA256.hash(data: secret).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        guard let digest = ClusterModel.Digest(hex: hex) else { throw ErrorBody(code: .internal, message: "SHA-256 has 32 bytes.") }
        return digest
    }
}
