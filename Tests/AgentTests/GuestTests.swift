import Agent
import AgentDecisions
import CSpawn
import ClusterModel
import Foundation
import Testing

@Suite("guests under QEMU", .serialized)
struct GuestTests {
    private static var hasty: InstanceTiming {
        var timing = InstanceTiming()
        timing.retry = BackOff(initial: .milliseconds(10), maximum: .milliseconds(10), limit: 2)
        return timing
    }

    @Test("the same packages make the same tiny image, byte for byte", .timeLimit(.minutes(2)))
    func reproducible() async throws {
        let scratch = try Scratch()
        let (_, content) = try await TinyGuest.image()
        try await TinyImage(cache: "\(TinyGuest.directory)/images/packages") { _ in }.build(to: scratch.file("again.tar"))
        #expect(try Data(contentsOf: URL(filePath: scratch.file("again.tar"))) == content)
    }

    @Test("a QEMU that refuses its arguments is quoted, and the launch that failed leaves nothing but its record", .timeLimit(.minutes(1)))
    func refused() async throws {
        let scratch = try Scratch()
        let (image, content) = try await TinyGuest.image()
        let node = try await LocalNode(scratch.path, serving: content, timing: Self.hasty, more: ["-device", "no-such-device"])
        let instance = desired(image)
        await node.keeper.apply([instance], full: true)
        let failed = try await node.wait(instance.id, for: .failed)
        #expect(failed.reason?.hasPrefix("starting the VMM failed: QEMU says: ") == true, "\(failed.reason ?? "")")
        #expect(failed.reason?.contains("no-such-device") == true)
        let directory = node.instanceDirectory(instance.id)
        for file in [InstanceDirectory.File.seed, .process, .end, .control, .consoleSocket] {
            #expect(try await eventually("\(file) is gone") { (!directory.exists(file)).orNil })
        }
        try await node.destroy(instance)
        #expect(!FileManager.default.fileExists(atPath: directory.path))
    }

    @Test("an image that needs more disk than is given is refused by name", .timeLimit(.minutes(1)))
    func smallDisk() async throws {
        let scratch = try Scratch()
        let content = Data(repeating: 7, count: 3 << 20)
        let node = try await LocalNode(scratch.path, serving: content)
        let instance = desired(TinyGuest.reference(content, .raw), disk: 2)
        await node.keeper.apply([instance], full: true)
        let failed = try await node.wait(instance.id, for: .failed)
        #expect(failed.reason == "making the disk failed: image tiny needs a disk of 3 MiB, and 2 MiB is given")
        try await node.destroy(instance)
    }

    @Test("the tiny guest boots, knows who it is from its seed, and shuts down on ACPI", .timeLimit(.minutes(3)))
    func life() async throws {
        let scratch = try Scratch()
        let (image, content) = try await TinyGuest.image()
        let node = try await LocalNode(scratch.path, serving: content)
        var instance = desired(image)
        await node.keeper.apply([instance], full: true)
        let running = try await node.wait(instance.id, for: .running)
        #expect(running.address == "10.0.2.15")
        #expect(running.pid != nil)
        let timings = try #require(running.timings)
        print("timings in microseconds:", timings)
        #expect(timings.imageReady <= timings.diskReady && timings.seedReady <= timings.spawned)
        _ = try await eventually("the guest is ready", within: 60) { node.console(instance.id).contains("berth: ready").orNil }
        let console = node.console(instance.id)
        for fact in [
            "berth: hostname=web-1", "berth: instance-id=\(instance.id)", "berth: address=10.0.2.15/24", "berth: kernel=6.",
            "berth: power-button=ready",
        ] {
            #expect(console.contains(fact), "the console lacks “\(fact)”: \(console)")
        }
        #expect(!console.contains("berth: error"))

        instance.generation = 2
        instance.desired = .stopped
        await node.keeper.apply([instance], full: false)
        let stopped = try await node.wait(instance.id, for: .stopped)
        #expect(stopped.reason == nil, "it had to be ended hard: \(stopped.reason ?? "")")
        #expect(node.console(instance.id).contains("berth: event=power-button"))
        try await node.destroy(instance)
        #expect(!FileManager.default.fileExists(atPath: node.instanceDirectory(instance.id).path))
    }
}
