import ClusterAPI
import ClusterModel
import Crypto
import Foundation
import SwiftASN1
import Testing
import X509

/// A node that joins as an agent does, and then speaks over a connection of its own.
struct EnrolledNode: Sendable {
    let controller: RunningController
    let name: Name
    let id: NodeID
    let key: P256.Signing.PrivateKey
    var certificate = ""

    init(_ controller: RunningController, _ name: String, id: NodeID = .random()) throws {
        self.controller = controller
        self.name = try Name(name)
        self.id = id
        key = P256.Signing.PrivateKey()
    }

    static func token(_ controller: RunningController, _ name: String, ttl: Milliseconds? = nil) async throws -> String {
        let answer: JoinTokenAnswer = try await controller.post("/v1/join-tokens", JoinTokenRequest(node: try Name(name), ttl: ttl))
        return answer.token
    }

    func signingRequest(subject: String? = nil) throws -> String {
        let request = try CertificateSigningRequest(
            version: .v1, subject: try DistinguishedName { CommonName(subject ?? "node/\(id)") }, privateKey: Certificate.PrivateKey(key),
            attributes: CertificateSigningRequest.Attributes())
        return try request.serializeAsPEM().pemString
    }

    func tryToJoin(_ token: String, signingRequest: String? = nil) async throws -> RunningController.Reply {
        let body = JoinRequest(token: token, node: id, name: name, signingRequest: try signingRequest ?? self.signingRequest())
        return try await controller.send(.post, "/v1/join", try JSONEncoder().encode(body))
    }

    static func joined(_ controller: RunningController, _ name: String) async throws -> EnrolledNode {
        var node = try EnrolledNode(controller, name)
        let reply = try await node.tryToJoin(try await token(controller, name))
        try #require(reply.status == 201, "\(reply.text)")
        node.certificate = try reply.decoded(as: CertificateAnswer.self).certificate
        return node
    }

    /// Over a fresh connection, with the certificate that is given or its own.
    func send(
        _ method: Route.Method, _ target: String, _ body: Data? = nil, certificate: String? = nil, key: P256.Signing.PrivateKey? = nil
    )
        async throws -> RunningController.Reply
    {
        let pem = Data((key ?? self.key).pemRepresentation.utf8)
        let identity = CurlTrust.Identity(certificate: Data((certificate ?? self.certificate).utf8), key: pem)
        let trust = CurlTrust(.pinned(try #require(controller.authority)), identity: identity)
        let transport = try CurlTransport(endpoint: controller.endpoint, trust: trust)
        let result: Result<HTTPAnswer, any Error>
        do {
            result = .success(try await transport.send(HTTPRequest(method: method, target: target, body: body.map { .bytes($0) } ?? .none)))
        } catch { result = .failure(error) }
        await transport.shutdown()
        let answer = try result.get()
        return RunningController.Reply(status: answer.status, headers: answer.headers, body: answer.body)
    }

    func syncBody(name: String? = nil, cpus: Int64 = 8, observed: [ObservedInstance] = []) throws -> Data {
        let played = try PlayedNode(controller, name: name ?? self.name.text, cpus: cpus, id: id)
        return try JSONEncoder().encode(played.request(full: true, observed: observed))
    }

    func sync(as other: NodeID? = nil, certificate: String? = nil) async throws -> RunningController.Reply {
        try await send(.post, "/v1/nodes/\(other ?? id)/sync", try syncBody(), certificate: certificate)
    }
}

/// The cluster's authority in a thief's hands, or a stranger's own: it signs what the controller would not.
struct ForgedAuthority {
    let certificate: Certificate
    let key: Certificate.PrivateKey

    init(of controller: RunningController) throws {
        func text(_ name: String) throws -> String { try String(contentsOf: controller.directory.appending(path: name), encoding: .utf8) }
        certificate = try Certificate(pemEncoded: try text("authority.pem"))
        key = try Certificate.PrivateKey(pemEncoded: try text("authority.key"))
    }

    init(likeThatOf controller: RunningController) throws {
        let own = try ForgedAuthority(of: controller)
        key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        certificate = own.certificate
    }

    func sign(_ node: EnrolledNode, serialOf model: String, from: Double, to: Double, server: Bool = false) throws -> String {
        let model = try Certificate(pemEncoded: model)
        let made = try Certificate(
            version: .v3, serialNumber: model.serialNumber, publicKey: Certificate.PublicKey(node.key.publicKey),
            notValidBefore: Date(timeIntervalSinceNow: from), notValidAfter: Date(timeIntervalSinceNow: to), issuer: certificate.subject,
            subject: model.subject,
            extensions: try Certificate.Extensions { try ExtendedKeyUsage([server ? .serverAuth : .clientAuth]) }, issuerPrivateKey: key)
        return try made.serializeAsPEM().pemString
    }
}

extension RunningController.Reply {
    func expectRefusal(_ status: Int, _ words: String, at place: SourceLocation = #_sourceLocation) throws {
        #expect(self.status == status, "\(text)", sourceLocation: place)
        #expect(try error.message.contains(words), "\(text)", sourceLocation: place)
    }
}
