import Agent
import ClusterAPI
import ClusterModel
import Foundation
import Synchronization
import Testing

@Suite("the seed")
struct SeedTests {
    private let instance = desired(TinyGuest.reference(Data([1]), .linux), name: "db-7")

    /// The content of a file of an image, found as a reader of ISO 9660 finds it.
    private func file(_ name: String, in image: Data) throws -> Data {
        func number(_ offset: Int) -> Int {
            var value = 0
            for byte in image[offset..<offset + 4].reversed() { value = value << 8 | Int(byte) }
            return value
        }
        let volume = 16 * 2048
        try #require(image[volume + 1..<volume + 6] == Data("CD001".utf8))
        var record = number(volume + 156 + 2) * 2048
        while image[record] != 0 {
            let length = Int(image[record + 32])
            if String(decoding: image[record + 33..<record + 33 + length], as: UTF8.self) == name.uppercased() + ".;1" {
                let start = number(record + 2) * 2048
                return Data(image[start..<start + number(record + 10)])
            }
            record += Int(image[record])
        }
        throw NeverHappened(what: "\(name) is in the image")
    }

    @Test("it is labelled for NoCloud, names the guest, and gives its interface by address and MAC")
    func content() throws {
        let network = GuestNetwork(of: instance.id)
        let image = try Seed(instance: instance, network: network).image()
        #expect(image.count % 2048 == 0)
        let label = 16 * 2048 + 40
        #expect(String(decoding: image[label..<label + 32], as: UTF8.self) == "cidata" + String(repeating: " ", count: 26))
        let meta = try JSONDecoder().decode([String: String].self, from: file("meta-data", in: image))
        #expect(meta == ["instance-id": "\(instance.id)", "local-hostname": "db-7"])
        let config = String(decoding: try file("network-config", in: image), as: UTF8.self)
        #expect(config.contains("\"version\" : 2"))
        #expect(config.contains("\"10.0.2.15/24\""))
        #expect(config.contains("\"macaddress\" : \"\(network.mac)\""))
        #expect(try file("user-data", in: image).starts(with: Data("#cloud-config\n".utf8)))
    }

    @Test(
        "user-data and vendor-data of any bytes are in it as they are, keys as text that nothing gets out of",
        arguments: [1, 2047, 2048, 2049, 65536])
    func anyBytes(count: Int) throws {
        let bytes = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 131 ^ $0 >> 7) })
        let keys = ["ssh-ed25519 AAAA \"}\n: \\ it's", "ssh-rsa BBBB"]
        let content = InstanceSeed(userData: bytes, vendorData: Data(bytes.reversed()), keys: keys)
        let image = try Seed(instance: instance, network: GuestNetwork(of: instance.id), content: content).image()
        #expect(try file("user-data", in: image) == bytes)
        #expect(try file("vendor-data", in: image) == Data(bytes.reversed()))
        struct Meta: Decodable {
            var keys: [String]
            enum CodingKeys: String, CodingKey { case keys = "public-keys" }
        }
        #expect(try JSONDecoder().decode(Meta.self, from: file("meta-data", in: image)).keys == keys)
        // The tiny image finds these with nothing but sed: each on a line of its own.
        let lines = String(decoding: try file("meta-data", in: image), as: UTF8.self).split(separator: "\n")
        #expect(lines.contains { $0.contains("\"instance-id\" : \"\(instance.id)\"") })
    }

    @Test("what the controller holds for a seed is fetched when it is made, and an instance without any asks nobody")
    func fetched() async throws {
        let seed = InstanceSeed(userData: Data([0, 0x1F, 0x8B, 0xFF]), keys: ["ssh-ed25519 AAAA me"])
        let transport = SeedTransport(answer: try JSONEncoder().encode(seed))
        var seeded = instance
        seeded.seeded = true
        #expect(try await SeedSource(transport: transport).seed(of: seeded) == seed)
        #expect(transport.targets.withLock { $0 } == ["/v1/instances/\(instance.id)/seed"])
        #expect(try await SeedSource(transport: transport).seed(of: instance) == InstanceSeed())
        #expect(transport.targets.withLock { $0.count } == 1)
        for (status, body) in [(503, Data()), (200, Data("{".utf8))] {
            await #expect(throws: WorkFailure.self) {
                try await SeedSource(transport: SeedTransport(status: status, answer: body)).seed(of: seeded)
            }
        }
    }

    @Test("the same instance has the same bytes, and a locally administered MAC of its own")
    func stable() throws {
        let network = GuestNetwork(of: instance.id)
        #expect(try Seed(instance: instance, network: network).image() == Seed(instance: instance, network: network).image())
        #expect(network.mac.hasPrefix("02:"))
        #expect(network.mac != GuestNetwork(of: .random()).mac)
    }
}

private final class SeedTransport: Transport {
    let targets = Mutex<[String]>([])
    private let status: Int
    private let answer: Data

    init(status: Int = 200, answer: Data) {
        self.status = status
        self.answer = answer
    }

    func send(_ request: HTTPRequest) async throws -> HTTPAnswer {
        targets.withLock { $0.append(request.target) }
        return HTTPAnswer(status: status, headers: [:], body: answer)
    }

    func stream(_ request: HTTPRequest) async throws -> (HTTPAnswer, AsyncThrowingStream<Data, any Error>) {
        throw TransportError.unreachable(endpoint: "nowhere", why: "a test")
    }
}
