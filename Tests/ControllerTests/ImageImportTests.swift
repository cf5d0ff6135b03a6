import ClusterAPI
import ClusterModel
import Crypto
import Foundation
import Testing

@Suite("images that are imported")
struct ImageImportTests {
    private func tool(_ words: String..., in directory: URL) throws { try Tool.run("/usr/bin/qemu-img", words, in: directory) }

    private func raw(_ megabytes: Int) -> Data {
        var data = Data(count: megabytes << 20)
        for index in stride(from: 0, to: data.count, by: 4099) { data[index] = UInt8(truncatingIfNeeded: index) }
        return data
    }

    private func digest(_ data: Data) -> String { SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined() }

    private func parts(_ controller: RunningController) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: controller.directory.appending(path: "images").path)
    }

    private func refusal(_ client: APIClient, _ description: ImageDescription, _ url: String) async -> ErrorBody? {
        do {
            _ = try await client.downloadImage(description, url: url)
            return nil
        } catch { return error as? ErrorBody }
    }

    @Test("a qcow2 image is flattened: the same disk, one file, known by what was imported and by what is kept")
    func flattened() async throws {
        try await RunningController.run { controller in
            let directory = controller.directory
            let disk = raw(5)
            try disk.write(to: directory.appending(path: "disk.raw"))
            try tool("convert", "-c", "-f", "raw", "-O", "qcow2", "disk.raw", "disk.qcow2", in: directory)
            let bytes = try Data(contentsOf: directory.appending(path: "disk.qcow2"))
            let query = "name=debian&format=qcow2&version=12.11&os=debian&cloudInit=nocloud&digest=\(digest(bytes))"
            let reply = try await controller.send(.post, "/v1/images?\(query)", bytes)
            #expect(reply.status == 201, "\(reply.text)")
            let image: Image = try reply.decoded()
            #expect(image.minimumDisk == MiB(5))
            #expect(image.sourceDigest?.hex == digest(bytes))
            #expect(image.digest != image.sourceDigest)
            #expect((image.version, image.os, image.cloudInit) == ("12.11", "debian", .nocloud))
            let kept = try await controller.send(.get, "/v1/images/\(digest(bytes))/content").body
            #expect(digest(kept) == image.digest.hex)
            try kept.write(to: directory.appending(path: "kept.qcow2"))
            try tool("compare", "-f", "raw", "-F", "qcow2", "disk.raw", "kept.qcow2", in: directory)
            // Again under another name: the same file.
            let again: Image = try await controller.send(.post, "/v1/images?name=other&format=qcow2", bytes).decoded()
            #expect(again.digest == image.digest)
            try await eventually { try parts(controller) == [image.digest.hex] }
        }
    }

    @Test("what qemu-img makes and no image may be is refused by name, and nothing of it stays", arguments: Dangerous.allCases)
    func dangerous(kind: Dangerous) async throws {
        try await RunningController.run("images: {maximumDisk: 64MiB}\n") { controller in
            let directory = controller.directory
            for words in kind.making { try Tool.run("/usr/bin/qemu-img", words, in: directory) }
            var bytes = try Data(contentsOf: directory.appending(path: "x"))
            kind.spoil(&bytes)
            let reply = try await controller.send(.post, "/v1/images?name=bad&format=\(kind.declared)", bytes)
            #expect(reply.status == 400)
            #expect(try reply.error.message.contains(kind.words), "\(reply.text)")
            try await eventually { try parts(controller) == [] }
            #expect(try await controller.get("/v1/images", as: Page<Image>.self).items.isEmpty)
        }
    }

    enum Dangerous: String, CaseIterable, CustomTestStringConvertible {
        case backingFile, dataFile, encrypted, snapshot, unknownBits, tables, tooLarge, rawAsQCOW2, qcow2AsRaw, cutShort

        var testDescription: String { rawValue }

        var making: [[String]] {
            let plain = ["create", "-q", "-f", "qcow2", "x", "8M"]
            return switch self {
            case .backingFile: [["create", "-q", "-f", "qcow2", "-b", "/etc/passwd", "-F", "raw", "x", "8M"]]
            case .dataFile: [["create", "-q", "-f", "qcow2", "-o", "data_file=outside.raw", "x", "8M"]]
            case .snapshot: [plain, ["snapshot", "-c", "one", "x"]]
            case .tooLarge: [["create", "-q", "-f", "qcow2", "x", "65M"]]
            case .rawAsQCOW2: [["create", "-q", "-f", "raw", "x", "1M"]]
            case .encrypted, .unknownBits, .tables, .qcow2AsRaw, .cutShort: [plain]
            }
        }

        func spoil(_ bytes: inout Data) {
            switch self {
            // LUKS. Making one by qemu-img takes seconds of a processor, to measure how many rounds a key is worth.
            case .encrypted: bytes[35] = 2
            case .unknownBits: bytes[78] = 1
            case .tables: bytes.replaceSubrange(40..<48, with: [0, 0, 0, 0x7F, 0, 0, 0, 0])
            case .cutShort: bytes = bytes.prefix(90)
            default: break
            }
        }

        var declared: String { self == .qcow2AsRaw ? "raw" : "qcow2" }

        var words: String {
            switch self {
            case .backingFile: "backing file"
            case .dataFile: "external data file"
            case .encrypted: "encrypted"
            case .snapshot: "1 internal snapshot;"
            case .unknownBits: "unknown features (incompatible bits 0x100)"
            case .tables: "table of clusters"
            case .tooLarge: "virtual size of 68157440 bytes is out of range: 1 to 67108864"
            case .rawAsQCOW2: "no qcow2 file"
            case .qcow2AsRaw: "declared as raw and begins as a qcow2"
            case .cutShort: "ends within its qcow2 header"
            }
        }
    }

    @Test("the controller fetches an image from a URL and tells how far it is", .timeLimit(.minutes(1)))
    func download() async throws {
        try await RunningController.run { source in
            let bytes = raw(3)
            let original: Image = try await source.send(.post, "/v1/images?name=disk&format=raw", bytes).decoded()
            try await RunningController.run("images: {allowPrivateSources: true, maximumBytes: 4MiB}\n") { controller in
                let client = APIClient(transport: controller.transport)
                var description = ImageDescription(name: try Name("copy"), format: .raw, architecture: .aarch64)
                description.digest = original.digest
                let image = try await client.downloadImage(description, url: "\(source.endpoint)/v1/images/disk/content")
                #expect(image.digest == original.digest)
                #expect(image.architecture == .aarch64)
                #expect(try await controller.send(.get, "/v1/images/copy/content").body == bytes)

                description.name = try Name("lie")
                description.digest = Digest(hex: String(repeating: "a", count: 64))
                let lie = await refusal(client, description, "\(source.endpoint)/v1/images/disk/content")
                #expect(lie?.message.contains("was announced") == true)
                description.digest = nil
                let missing = await refusal(client, description, "\(source.endpoint)/v1/images/none/content")
                #expect(missing?.message == "The image can't be fetched: the source answers with HTTP status 404.")
                try await eventually { try parts(controller) == [original.digest.hex] }
            }
        }
    }

    @Test("an image inside the operator's network is not fetched unless the operator says so")
    func inside() async throws {
        try await RunningController.run { controller in
            let client = APIClient(transport: controller.transport)
            let description = ImageDescription(name: try Name("metrics"), format: .raw, architecture: .x86_64)
            let inside = await refusal(client, description, "\(controller.endpoint)/metrics")
            #expect(inside?.code == .invalid)
            #expect(inside?.message.contains("no public address") == true)
            try await eventually { try parts(controller) == [] }
        }
    }

    @Test("a node can ask for the rest of an image")
    func ranges() async throws {
        try await RunningController.run { controller in
            let bytes = raw(1)
            _ = try await controller.send(.post, "/v1/images?name=disk&format=raw", bytes)
            for start in [0, 1, 700_001, (1 << 20) - 1] {
                let reply = try await controller.send(.get, "/v1/images/disk/content", headers: [("Range", "bytes=\(start)-")])
                #expect(reply.status == 206)
                #expect(reply.body == Data(bytes[start...]))
                #expect(reply.headers["content-range"] == "bytes \(start)-1048575/1048576")
            }
            #expect(try await controller.send(.get, "/v1/images/disk/content", headers: [("Range", "bytes=1048576-")]).status == 416)
            for odd in ["bytes=5-9", "bytes=-5", "lines=1-", "bytes=99999999999999999999-"] {
                #expect(try await controller.send(.get, "/v1/images/disk/content", headers: [("Range", odd)]).status == 200, "\(odd)")
            }
        }
    }
}
