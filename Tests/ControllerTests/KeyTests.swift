import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("keys and seeds")
struct KeyTests {
    private static let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA me@laptop"

    private func request(_ text: String) throws -> KeyRequest { KeyRequest(name: try Name(text), publicKey: try SSHPublicKey(Self.line)) }

    @Test("a key is kept with the fingerprint that ssh-keygen shows, once under its name")
    func imported() async throws {
        try await RunningController.run { controller in
            let key: SSHKey = try await controller.post("/v1/keys", try request("laptop"))
            let file = controller.directory.appending(path: "key.pub")
            try Data((Self.line + "\n").utf8).write(to: file)
            #expect(key.fingerprint == (try Self.fingerprint(file)))
            let again: SSHKey = try await controller.post("/v1/keys", try request("laptop"))
            #expect(again == key)
            #expect(try await controller.get("/v1/keys", as: Page<SSHKey>.self).items == [key])
            let other = Data(
                #"{"name": "laptop", "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#.utf8)
            #expect(try await controller.send(.post, "/v1/keys", other).status == 409)
            let nonsense = Data(#"{"name": "x", "publicKey": "ssh-ed25519 AAAA"}"#.utf8)
            let refused = try await controller.send(.post, "/v1/keys", nonsense)
            #expect(refused.status == 400)
            #expect(try refused.error.message.contains("does not hold a key of that type"))
            #expect(try await controller.delete("/v1/keys/laptop").status == 200)
            #expect(try await controller.delete("/v1/keys/laptop").status == 404)
        }
    }

    private static func fingerprint(_ file: URL) throws -> String {
        let text = try Tool.run("/usr/bin/ssh-keygen", ["-l", "-f", file.path], in: file.deletingLastPathComponent())
        return try #require(text.split(separator: " ").dropFirst().first.map(String.init))
    }

    @Test("what an instance was launched with is kept through a restart, told to its node alone by name, and gone with it")
    func seeds() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let bytes = Data([0x1F, 0x8B, 0, 0xFF, 0x0A])
        try await RunningController.run(in: directory) { controller in
            try await controller.importImage()
            let _: SSHKey = try await controller.post("/v1/keys", try request("laptop"))
            var launch = try controller.launchRequest("web", queue: true)
            launch.userData = bytes
            launch.keys = [try Name("laptop")]
            let answer: LaunchAnswer = try await controller.post("/v1/instances", launch)
            #expect(answer.instances.first?.spec.seed == SeedSummary(userDataBytes: 5, vendorDataBytes: 0, keys: [try Name("laptop")]))
            try await controller.launch("plain", queue: true)
            // The key may go: the instance has it.
            #expect(try await controller.delete("/v1/keys/laptop").status == 200)
        }
        try await RunningController.run(in: directory) { controller in
            let id = try await controller.instance("web").id
            let seed: InstanceSeed = try await controller.get("/v1/instances/\(id)/seed")
            #expect(seed == InstanceSeed(userData: bytes, keys: [Self.line]))
            #expect(try await controller.get("/v1/instances/\(controller.instance("plain").id)/seed", as: InstanceSeed.self).isEmpty)
            #expect(try await controller.instance("plain").spec.seed == nil)
            #expect(try await controller.delete("/v1/instances/web").status == 200)
            #expect(try await controller.send(.get, "/v1/instances/\(id)/seed").status == 404)
        }
    }

    @Test("a key that is not there, and user-data over 64 KiB, are refused with what to do")
    func refused() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var launch = try controller.launchRequest("web", queue: true)
            launch.keys = [try Name("nobody")]
            let missing = try await controller.send(.post, "/v1/instances", try JSONEncoder().encode(launch))
            #expect(missing.status == 404)
            #expect(try missing.error.message == "There is no key “nobody”; import it with “berth key import nobody FILE”.")
            launch.keys = nil
            launch.userData = Data(count: InstanceSeed.limit + 1)
            let large = try await controller.send(.post, "/v1/instances", try JSONEncoder().encode(launch))
            #expect(large.status == 400)
            #expect(try large.error.message.hasPrefix("userData: 65537 bytes are too many"))
            launch.userData = Data(count: InstanceSeed.limit)
            launch.count = 257
            let many = try await controller.send(.post, "/v1/instances", try JSONEncoder().encode(launch))
            #expect(many.status == 400)
            #expect(try many.error.message.contains("launch fewer"))
            launch.count = nil
            #expect(try await controller.send(.post, "/v1/instances", try JSONEncoder().encode(launch)).status == 201)
        }
    }
}
