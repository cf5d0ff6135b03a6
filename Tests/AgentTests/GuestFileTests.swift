import Agent
import ClusterModel
import Foundation
import Testing

@Suite("files of a guest", .serialized)
struct GuestFileTests {
    @Test(
        "a file goes into a guest and comes back byte for byte with its permissions; a copy that is cut short leaves nothing",
        .timeLimit(.minutes(3)))
    func thereAndBack() async throws {
        let scratch = try Scratch()
        let (image, content) = try await TinyGuest.image(guestAgent: true)
        let node = try await LocalNode(scratch.path, serving: content)
        let instance = desired(image)
        await node.keeper.apply([instance], full: true)
        _ = try await node.wait(instance.id, for: .running)
        _ = try await eventually("the guest is ready", within: 90) { node.console(instance.id).contains("berth: ready").orNil }
        #expect(node.console(instance.id).contains("berth: guest-agent=started"))

        var generator = SeededGenerator(seed: 5)
        let bytes = Data((0..<(500 << 10)).map { _ in UInt8.random(in: 0...255, using: &generator) })
        let whole = frames(of: bytes) + [GuestFileFrame.end(GuestFileEnd(bytes: Int64(bytes.count)))]
        let sent = try await send(whole, to: "/root/there", mode: 0o640, node, instance)
        #expect(sent == GuestFileEnd(bytes: Int64(bytes.count), mode: 0o640))
        let back = try await fetch("/root/there", node, instance)
        #expect(back.bytes == bytes)
        #expect(back.end == GuestFileEnd(bytes: Int64(bytes.count), mode: 0o640))

        let cut = try await send(frames(of: Data(repeating: 7, count: 300 << 10)), to: "/root/there", mode: 0o600, node, instance)
        #expect(cut.failure?.contains("cut short") == true)
        let short = try await send([.piece(Data([1, 2])), .end(GuestFileEnd(bytes: 3))], to: "/root/there", mode: 0o600, node, instance)
        #expect(short.failure == "2 bytes came of 3")
        #expect(try await fetch("/root/there", node, instance).bytes == bytes)
        let left = try await eventually("nothing is left beside it") {
            let exit = try await node.driver.run(
                GuestProgram(words: ["ls", "-A", "/root"], input: nil, timeout: Milliseconds(seconds: 20)), in: instance.id)
            return (String(decoding: exit.output, as: UTF8.self) == "there\n").orNil
        }
        #expect(left)

        for (path, why) in [
            ("/root", "/root is a directory"), ("/dev/null", "/dev/null is no regular file"), ("/root/none", "No such file"),
        ] {
            #expect(try await fetch(path, node, instance).end.failure?.contains(why) == true)
        }
        #expect(try await send(whole, to: "/root", mode: 0o600, node, instance).failure?.contains("is a directory in the guest") == true)
        #expect(try await send(whole, to: "/none/such", mode: 0o600, node, instance).failure != nil)
        #expect(try await fetch("/proc/version", node, instance).bytes.starts(with: Data("Linux version".utf8)), "what has no size can be read too")
        try await node.destroy(instance)
    }

    private func frames(of bytes: Data) -> [GuestFileFrame] {
        stride(from: 0, to: bytes.count, by: 100_000).map { .piece(Data(bytes[$0..<min($0 + 100_000, bytes.count)])) }
    }

    private func send(
        _ frames: [GuestFileFrame], to path: String, mode: Int32, _ node: LocalNode, _ instance: DesiredInstance
    ) async throws -> GuestFileEnd {
        let stream = try node.driver.copy(GuestFile(path: path, direction: .toGuest, mode: mode), of: instance.id)
        defer { stream.close() }
        for frame in frames { try await stream.write(frame.bytes) }
        stream.endInput()
        var reader = GuestFileFrame.Reader()
        guard case .end(let end)? = try reader.take(try #require(await stream.read())).last else { throw WorkFailure("it does not say how it ended") }
        return end
    }

    private func fetch(_ path: String, _ node: LocalNode, _ instance: DesiredInstance) async throws -> (bytes: Data, end: GuestFileEnd) {
        let stream = try node.driver.copy(GuestFile(path: path, direction: .fromGuest), of: instance.id)
        defer { stream.close() }
        var reader = GuestFileFrame.Reader()
        var bytes = Data()
        while let data = await stream.read() {
            for frame in try reader.take(data) {
                switch frame {
                case .piece(let data): bytes.append(data)
                case .end(let end): return (bytes, end)
                }
            }
        }
        throw WorkFailure("it does not say how it ended")
    }
}
