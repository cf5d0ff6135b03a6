import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("volumes of real guests", .serialized, .timeLimit(.minutes(8)))
struct VolumeTests {
    @Test("a volume keeps its data through stop and start and the deaths of agent, controller and QEMU, and outlives its instance")
    func life() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "web", "--wait", "--timeout", "60s")
            _ = try await cluster.consoleOnceReady("web")
            try await cluster.succeed("volume", "create", "data", "--size", "64MiB")
            #expect(try await volume(cluster).status.state == .pending)
            try await cluster.succeed("volume", "attach", "data", "web", "--timeout", "60s")
            #expect(try await volume(cluster).attachment?.state == .attached)
            #expect(try await cluster.nodeView("n1").node.pools.map(\.name.text) == ["default"])
            let deletion = try await cluster.berth("volume", "delete", "data")
            #expect(deletion.exitCode == 4 && deletion.errors.contains("attached to instance “web”"), "\(deletion)")
            try await type("echo stays-$((40+2)) >/dev/vdb; sync; head -c 8 /dev/vdb", cluster, answer: "stays-42")

            try await cluster.succeed("volume", "grow", "data", "--size", "128MiB", "--timeout", "60s")
            await cluster.killAgent("n1")
            try cluster.startAgent("n1")
            await cluster.killController()
            try await cluster.restartController()
            try await cluster.wait(for: .alive, of: "n1")
            let id = try await cluster.instance("web").id
            for pid in cluster.guests(of: id) { kill(pid, SIGKILL) }
            _ = try await eventually("it runs again", within: 60) {
                let seen = try await cluster.instance("web")
                return seen.status.state == .running && seen.status.restarts > 0 ? seen : nil
            }
            try await cluster.succeed("instance", "stop", "web", "--force", "--wait", "--timeout", "60s")
            try await cluster.succeed("instance", "start", "web", "--wait", "--timeout", "60s")
            try await type("echo read-$(head -c 8 /dev/vdb)-$(cat /sys/class/block/vdb/size)", cluster, answer: "read-stays-42-262144")

            try await cluster.succeed("snapshot", "create", "web", "before", "--timeout", "60s")
            try await type("echo other-$((1+1)) >/dev/vdb; sync; head -c 7 /dev/vdb", cluster, answer: "other-2")
            let refused = try await cluster.berth("snapshot", "restore", "before", "--yes")
            #expect(refused.exitCode == 4 && refused.errors.contains("--restart"), "\(refused)")
            try await cluster.succeed("snapshot", "restore", "before", "--restart", "--yes", "--timeout", "120s", timeout: 130)
            try await type("echo back-$(head -c 8 /dev/vdb)", cluster, answer: "back-stays-42")
            try await cluster.succeed("snapshot", "delete", "before", "--timeout", "60s")

            try await cluster.succeed("volume", "detach", "data", "--timeout", "60s")
            try await cluster.succeed("instance", "delete", "web", "--wait", "--timeout", "60s")
            #expect(try await volume(cluster).status.state == .available)
            try await cluster.succeed("volume", "delete", "data", "--timeout", "30s")
            #expect(try await cluster.berth("volume", "show", "data").exitCode == 3)
            let left = try FileManager.default.contentsOfDirectory(atPath: "\(cluster.dataDirectory(of: "n1"))/volumes")
            #expect(left.isEmpty)
        }
    }

    private func volume(_ cluster: Cluster) async throws -> Volume {
        try JSONDecoder().decode(Volume.self, from: Data(try await cluster.succeed("volume", "show", "data", "-o", "json").output.utf8))
    }

    /// Types a line at the guest's console until the log has the answer.
    private func type(_ line: String, _ cluster: Cluster, answer: String) async throws {
        _ = try await eventually("the guest answers “\(answer)”", within: 120, every: .seconds(1)) {
            _ = try await Executable.run(
                ["console", "web", "--timeout", "4s"],
                environment: ["BERTH_ENDPOINT": cluster.endpoint, "XDG_CONFIG_HOME": cluster.scratch.url.path],
                input: "\n\(line)\n", timeout: 20)
            return try await cluster.berth("logs", "web").output.contains(answer) ? true : nil
        }
    }
}
