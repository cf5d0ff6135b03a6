import ClusterAPI
import ClusterModel
import Controller
import Foundation
import Logging
import Testing

@Suite("the cluster's authority and the controller's end of TLS")
struct AuthorityTests {
    @Test("its key is the owner's alone, and it is the same after a restart")
    func kept() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        var fingerprints: Set<Digest> = []
        for _ in 0..<2 {
            fingerprints.insert(
                try await RunningController.run(in: directory, security: .tls) { controller in
                    #expect(controller.endpoint.hasPrefix("https://"))
                    let answer: AuthorityAnswer = try await controller.get("/v1/authority")
                    #expect(Data(answer.certificate.utf8) == controller.authority)
                    return answer.fingerprint
                })
        }
        #expect(fingerprints.count == 1)
        let facts = try FileManager.default.attributesOfItem(atPath: directory.appending(path: "authority.key").path)
        #expect(facts[.posixPermissions] as? Int == 0o600)
    }

    @Test("a key that others can read, that is missing or is another's stops the controller with a sentence")
    func damaged() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        try await RunningController.run(in: directory, security: .tls) { _ in }
        let key = directory.appending(path: "authority.key").path
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        #expect(await Self.failure(in: directory).contains("chmod 600"))
        try FileManager.default.removeItem(atPath: key)
        #expect(await Self.failure(in: directory).contains("is missing"))
        let other = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: other) }
        try await RunningController.run(in: other, security: .tls) { _ in }
        try FileManager.default.copyItem(atPath: other.appending(path: "authority.key").path, toPath: key)
        #expect(await Self.failure(in: directory).contains("is not the key of"))
    }

    private static func failure(in directory: URL) async -> String {
        do {
            let text = "listen: 127.0.0.1:0\ndataDirectory: \(directory.path)\nlogLevel: critical"
            let service = try ControllerService(
                configuration: try ControllerConfiguration(text: text, file: "c.yaml"), logger: Logger(label: "test"), version: "test")
            try await service.run()
            return "it ran"
        } catch { return "\(error)" }
    }

    @Test("a client that trusts another authority, or none of it, says nothing to the controller; one without TLS hears nothing")
    func clients() async throws {
        try await RunningController.run(security: .tls) { controller in
            let other = try RunningController.temporaryDirectory()
            defer { try? FileManager.default.removeItem(at: other) }
            let foreign = try await RunningController.run(in: other, security: .tls) { $0.authority }
            for trust in [CurlTrust(), CurlTrust(.pinned(try #require(foreign)))] {
                let transport = try CurlTransport(endpoint: controller.endpoint, trust: trust)
                let error = await #expect(throws: TransportError.self) { try await transport.send(HTTPRequest(method: .get, target: "/livez")) }
                guard case .untrusted? = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                await transport.shutdown()
            }
            let plain = try CurlTransport(endpoint: controller.endpoint.replacingOccurrences(of: "https:", with: "http:"))
            await #expect(throws: TransportError.self) { try await plain.send(HTTPRequest(method: .get, target: "/livez")) }
            await plain.shutdown()
        }
    }

    @Test("a name that the certificate does not hold is refused, and one that the configuration adds is not")
    func names() async throws {
        func ask(_ more: String) async throws -> Bool {
            try await RunningController.run(RunningController.calm + more, security: .tls) { controller in
                let transport = try CurlTransport(
                    endpoint: controller.endpoint.replacingOccurrences(of: "127.0.0.1", with: "berth-test.localhost"),
                    trust: CurlTrust(.pinned(try #require(controller.authority))))
                do {
                    _ = try await transport.send(HTTPRequest(method: .get, target: "/livez"))
                    await transport.shutdown()
                    return true
                } catch let error as TransportError {
                    await transport.shutdown()
                    guard case .untrusted(_, let why) = error else { throw error }
                    #expect(why.contains("tls.names"))
                    return false
                }
            }
        }
        let without = try await ask("")
        #expect(!without)
        #expect(try await ask("tls: {names: [berth-test.localhost]}\n"))
    }
}
