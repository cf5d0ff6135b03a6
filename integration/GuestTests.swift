import ClusterModel
import Foundation
import Testing

@Suite("a real guest under TCG, with three agents", .serialized, .timeLimit(.minutes(5)))
struct GuestTests {
    @Test("an instance is placed, boots, prints what only the guest can know, stops by ACPI, starts, reboots and is deleted without a trace")
    func wholeLife() async throws {
        try await Cluster.run(.qemu(3)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "hello", "--require", "rack=r2", "--wait", "--timeout", "60s")
            let launched = try await cluster.instance("hello")
            #expect(launched.placement?.nodeName.text == "n2")
            #expect(launched.status.state == .running)
            let console = try await cluster.consoleOnceReady("hello")
            #expect(console.contains("hostname=hello"))
            #expect(console.contains("instance-id=\(launched.id)"))
            #expect(console.contains("kernel="))
            let address = try #require(launched.status.address)
            #expect(console.contains("address=\(address)"))

            let explained = try await cluster.succeed("instance", "explain", "hello")
            for node in ["n1", "n2", "n3"] { #expect(explained.output.contains(node)) }
            #expect(explained.output.contains("rack=r2"))

            try await cluster.succeed("instance", "stop", "hello", "--wait", "--timeout", "60s")
            #expect(try await cluster.instance("hello").status.state == .stopped)
            #expect(cluster.processes(mentioning: launched.id.description).isEmpty)

            try await cluster.succeed("instance", "start", "hello", "--wait", "--timeout", "60s")
            let second = try await cluster.instance("hello")
            #expect(second.status.pid != launched.status.pid)
            try await cluster.succeed("instance", "reboot", "hello", "--wait", "--timeout", "60s")
            #expect(try await cluster.instance("hello").status.state == .running)

            try await cluster.succeed("instance", "delete", "hello", "--wait", "--timeout", "60s")
            #expect(try await cluster.berth("instance", "show", "hello").exitCode == 3)
            #expect(cluster.processes(mentioning: launched.id.description).isEmpty)
            let left = try FileManager.default.subpathsOfDirectory(atPath: cluster.dataDirectory(of: "n2"))
            #expect(!left.contains { $0.contains(launched.id.description) })
            try await cluster.succeed("launch", "hello", "--no-wait")
        }
    }

    @Test("the guest's shell answers on the console, and ~. leaves it")
    func console() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "shell", "--wait", "--timeout", "60s")
            _ = try await cluster.consoleOnceReady("shell")
            let result = try await Executable.run(
                ["console", "shell", "--timeout", "15s"],
                environment: ["BERTH_ENDPOINT": cluster.endpoint, "XDG_CONFIG_HOME": cluster.scratch.url.path],
                input: "\necho $((41 + 1))-from-the-guest\n", timeout: 40)
            #expect(result.output.contains("42-from-the-guest"), "\(result)")
        }
    }
}

extension Cluster {
    /// The console's log once the guest has printed its facts.
    func consoleOnceReady(_ name: String, within seconds: Double = 90) async throws -> String {
        try await eventually("\(name) prints its facts", within: seconds, every: .milliseconds(300)) {
            let log = try await berth("logs", name).output
            return log.contains("berth: ready") ? log : nil
        }
    }
}
