import Agent
import ClusterModel
import Foundation
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

    @Test("the same instance has the same bytes, and a locally administered MAC of its own")
    func stable() throws {
        let network = GuestNetwork(of: instance.id)
        #expect(try Seed(instance: instance, network: network).image() == Seed(instance: instance, network: network).image())
        #expect(network.mac.hasPrefix("02:"))
        #expect(network.mac != GuestNetwork(of: .random()).mac)
    }
}
