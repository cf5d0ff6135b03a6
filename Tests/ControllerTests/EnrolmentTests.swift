import ClusterAPI
import ClusterModel
import Controller
import Crypto
import Foundation
import Testing
import X509

@Suite("how nodes join, and what a certificate is worth")
struct EnrolmentTests {
    @Test("a join token gives one certificate: used twice, late, with one bit changed or for another name it gives none")
    func tokens() async throws {
        try await RunningController.run(security: .tls) { controller in
            let token = try await EnrolledNode.token(controller, "n1")
            let node = try EnrolledNode(controller, "n1")
            let other = try await EnrolledNode(controller, "n2").tryToJoin(token)
            try other.expectRefusal(403, "another node")

            var bytes = Array(token.utf8)
            bytes[20] = bytes[20] == 0x41 ? 0x42 : 0x41
            let changed = try await node.tryToJoin(String(decoding: bytes, as: UTF8.self))
            try changed.expectRefusal(401, "no such join token")
            let nonsense = try await node.tryToJoin("berth-join.x.y")
            try nonsense.expectRefusal(401, "copy all")

            #expect(try await node.tryToJoin(token).status == 201)
            let again = try await node.tryToJoin(token)
            try again.expectRefusal(401, "serves once")

            let short = try await EnrolledNode.token(controller, "n3", ttl: Milliseconds(1))
            try await Task.sleep(for: .milliseconds(20))
            let late = try await EnrolledNode(controller, "n3").tryToJoin(short)
            try late.expectRefusal(401, "by the controller's clock")
            for ttl in [Milliseconds.zero, Milliseconds(seconds: 3601)] {
                let body = try JSONEncoder().encode(JoinTokenRequest(node: try Name("n4"), ttl: ttl))
                #expect(try await controller.send(.post, "/v1/join-tokens", body).status == 400)
            }
        }
    }

    @Test("of many uses of one token at the same time one passes")
    func race() async throws {
        try await RunningController.run(security: .tls) { controller in
            let token = try await EnrolledNode.token(controller, "n1")
            let passed = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 { group.addTask { try await EnrolledNode(controller, "n1").tryToJoin(token).status } }
                return try await group.reduce(into: 0) { $0 += $1 == 201 ? 1 : 0 }
            }
            #expect(passed == 1)
        }
    }

    @Test("a request that doesn't prove its key, or is for another subject, spends no token")
    func proof() async throws {
        try await RunningController.run(security: .tls) { controller in
            let token = try await EnrolledNode.token(controller, "n1")
            let node = try EnrolledNode(controller, "n1")
            let foreign = try await node.tryToJoin(token, signingRequest: try node.signingRequest(subject: "node/\(NodeID.random())"))
            try foreign.expectRefusal(400, "subject")
            let unproved = try await node.tryToJoin(token, signingRequest: try Self.changed(try node.signingRequest()))
            try unproved.expectRefusal(400, "holds the key")
            #expect(try await node.tryToJoin(token, signingRequest: "nonsense").status == 400)
            #expect(try await node.tryToJoin(token).status == 201)
        }
    }

    /// With one bit of the subject changed, which the signature covers; the structure stays whole.
    private static func changed(_ pem: String) throws -> String {
        var bytes = try #require(Data(base64Encoded: pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()))
        let place = try #require(bytes.range(of: Data("node/".utf8)))
        bytes[place.lowerBound] ^= 1
        let lines = bytes.base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN CERTIFICATE REQUEST-----\n\(lines)\n-----END CERTIFICATE REQUEST-----\n"
    }

    @Test("a node may sync, renew and ask for its own things, and for nothing else")
    func ownThingsOnly() async throws {
        try await RunningController.run(security: .tls) { controller in
            let node = try await EnrolledNode.joined(controller, "n1")
            let other = try await EnrolledNode.joined(controller, "n2")
            #expect(try await node.sync().status == 200)
            #expect(try await other.sync().status == 200)
            let foreign = try await node.sync(as: other.id)
            try foreign.expectRefusal(403, "may not speak for another")
            let renewal = try JSONEncoder().encode(RenewRequest(signingRequest: try node.signingRequest()))
            #expect(try await node.send(.post, "/v1/nodes/\(other.id)/certificate", renewal).status == 403)
            #expect(try await node.send(.get, "/v1/nodes/\(other.id)/streams/\(UUID())/input").status == 403)
            for (method, target) in [
                (Route.Method.get, "/v1/instances"), (.get, "/v1/nodes"), (.post, "/v1/nodes/n2/cordon"), (.post, "/v1/join-tokens"),
                (.post, "/v1/nodes/n2/revoke"), (.get, "/v1/cluster/backup"), (.get, "/v1/events"), (.delete, "/v1/instances/web"),
                (.get, "/metrics"),
            ] {
                #expect(try await node.send(method, target, method == .post ? Data("{}".utf8) : nil).status == 403, "\(target)")
            }
            // Without a certificate nobody is a node.
            let nobody = try await controller.send(.post, "/v1/nodes/\(node.id)/sync", try node.syncBody())
            try nobody.expectRefusal(401, "certificate")
            // Another name than the token's.
            let renamed = try await node.send(.post, "/v1/nodes/\(node.id)/sync", try node.syncBody(name: "n9"))
            try renamed.expectRefusal(409, "joined as “n1”")
        }
    }

    @Test("a seed is told to the instance's own node alone")
    func seeds() async throws {
        try await RunningController.run(security: .tls) { controller in
            try await controller.importImage()
            let node = try await EnrolledNode.joined(controller, "n1")
            #expect(try await node.sync().status == 200)
            let launched = try await controller.launch("web")
            let id = try #require(launched.instances.first?.id)
            let other = try await EnrolledNode.joined(controller, "n2")
            #expect(try await node.send(.get, "/v1/instances/\(id)/seed").status == 200)
            #expect(try await other.send(.get, "/v1/instances/\(id)/seed").status == 404)
            #expect(try await other.send(.get, "/v1/instances/\(UUID())/seed").status == 404)
            #expect(try await controller.send(.get, "/v1/instances/\(id)/seed").status == 401)
        }
    }

    @Test("an expired, an early, a foreign, a server's, a revoked, an older and a removed node's certificate are each refused with the reason")
    func refused() async throws {
        try await RunningController.run(security: .tls) { controller in
            let node = try await EnrolledNode.joined(controller, "n1")
            #expect(try await node.sync().status == 200)
            let stolen = try ForgedAuthority(of: controller)
            let stranger = try ForgedAuthority(likeThatOf: controller)
            let fresh = node.certificate
            for (certificate, words) in [
                (try stolen.sign(node, serialOf: fresh, from: -100, to: -10), "by the controller's clock it is"),
                (try stolen.sign(node, serialOf: fresh, from: 100, to: 200), "begins at"),
                (try stranger.sign(node, serialOf: fresh, from: -100, to: 100), "not issued by this cluster's authority"),
                (try stolen.sign(node, serialOf: fresh, from: -100, to: 100, server: true), "not issued by this cluster's authority"),
            ] {
                let reply = try await node.sync(certificate: certificate)
                try reply.expectRefusal(401, words)
            }
            // A second joining of the same node ends the certificates of the first.
            let token = try await EnrolledNode.token(controller, "n1")
            let anew = try await node.tryToJoin(token).decoded(as: CertificateAnswer.self).certificate
            let older = try await node.sync()
            try older.expectRefusal(401, "joined anew")
            #expect(try await node.sync(certificate: anew).status == 200)

            #expect(try await controller.send(.post, "/v1/nodes/n1/revoke").status == 200)
            let revoked = try await node.sync(certificate: anew)
            try revoked.expectRefusal(401, "were revoked at")
            let renewal = try JSONEncoder().encode(RenewRequest(signingRequest: try node.signingRequest()))
            #expect(try await node.send(.post, "/v1/nodes/\(node.id)/certificate", renewal, certificate: anew).status == 401)

            #expect(try await controller.delete("/v1/nodes/n1").status == 200)
            let removed = try await node.sync(certificate: anew)
            try removed.expectRefusal(401, "was removed")
        }
    }

    @Test("a renewed certificate holds beside the one before, also after a restart of the controller")
    func renewal() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let (node, next) = try await RunningController.run(in: directory, security: .tls) { controller in
            let node = try await EnrolledNode.joined(controller, "n1")
            let body = try JSONEncoder().encode(RenewRequest(signingRequest: try node.signingRequest()))
            let reply = try await node.send(.post, "/v1/nodes/\(node.id)/certificate", body)
            let answer = try reply.decoded(as: CertificateAnswer.self)
            #expect(answer.notAfter > answer.time.advanced(by: Milliseconds(seconds: 86_000)))
            #expect(try await node.sync(certificate: answer.certificate).status == 200)
            #expect(try await node.sync().status == 200)
            return (node, answer.certificate)
        }
        try await RunningController.run(in: directory, security: .tls) { controller in
            let here = EnrolledNode(again: node, at: controller)
            let reply = try await here.sync(certificate: next)
            #expect(reply.status == 200)
        }
    }

    @Test("the ledger knows no secret of a join token")
    func secrets() async throws {
        try await RunningController.run(security: .tls) { controller in
            let token = try await EnrolledNode.token(controller, "n1")
            let text = try #require(JoinTokenText(token))
            let node = try EnrolledNode(controller, "n1")
            #expect(try await node.tryToJoin(token).status == 201)
            let secret = token.split(separator: ".")[1]
            for file in try FileManager.default.contentsOfDirectory(atPath: controller.directory.path) where file.hasPrefix("ledger") {
                let data = try Data(contentsOf: controller.directory.appending(path: file))
                #expect(data.range(of: Data(secret.utf8)) == nil, "\(file)")
                #expect(data.range(of: text.secret) == nil, "\(file)")
                #expect(data.range(of: Data(text.secret.base64EncodedString().utf8)) == nil, "\(file)")
            }
        }
    }
}

extension EnrolledNode {
    init(again node: EnrolledNode, at controller: RunningController) {
        self.controller = controller
        name = node.name
        id = node.id
        key = node.key
        certificate = node.certificate
    }
}
