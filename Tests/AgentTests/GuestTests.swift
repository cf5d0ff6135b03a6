import Agent
import AgentDecisions
import CSpawn
import ClusterModel
import Foundation
import Testing

@Suite("guests under QEMU", .serialized)
struct GuestTests {
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
