import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("an agent that is restarted", .serialized, .timeLimit(.minutes(5)))
struct AgentRestartTests {
    private static let unit = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/systemd/berth-agent.service")

    @Test("stopped as systemd stops it, by SIGTERM to it alone, it ends at once, touches no VM, and adopts them when it is back")
    func byHand() async throws {
        #expect(try String(contentsOf: Self.unit, encoding: .utf8).contains("\nKillMode=process\n"))
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            let pid = try await cluster.launchedProcess("steady")
            await cluster.killAgent("n1", signal: SIGTERM)
            #expect(cluster.executable(of: pid).contains("qemu"))
            let started = ContinuousClock.now
            try cluster.startAgent("n1")
            try await cluster.waitForProcess(pid, of: "steady", heardSince: started)
        }
    }

    @Test(
        "under systemd, with the unit that is shipped: restart and stop touch no VM, and a killed agent is back by itself",
        .enabled(if: getuid() == 0 && FileManager.default.isExecutableFile(atPath: Systemd.path), "systemd and root are needed"))
    func underSystemd() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            let pid = try await cluster.launchedProcess("steady")
            await cluster.killAgent("n1", signal: SIGTERM)
            let service = cluster.scratch.url.lastPathComponent
            let unit = try String(contentsOf: Self.unit, encoding: .utf8)
                .replacingOccurrences(of: "/usr/local/bin/berth", with: Executable.berth.path)
                .replacingOccurrences(of: "/etc/berth/agent.yaml", with: cluster.configuration(of: "n1"))
            #expect(unit.contains(Executable.berth.path) && unit.contains(cluster.configuration(of: "n1")))
            let systemd = try await Systemd(services: [service: unit])
            do {
                try await Self.restarts(cluster, systemd, service, guest: pid)
            } catch {
                await systemd.end()
                throw error
            }
            await systemd.end()
            #expect(cluster.executable(of: pid).contains("qemu"), "the VM outlives the service manager")
        }
    }

    private static func restarts(_ cluster: Cluster, _ systemd: Systemd, _ service: String, guest: Int32) async throws {
        var since = ContinuousClock.now
        #expect(try await systemd.control("start", service).exitCode == 0)
        try await cluster.waitForProcess(guest, of: "steady", heardSince: since)
        let first = try #require(try await systemd.mainProcess(of: service))
        #expect(try await systemd.control("restart", service).exitCode == 0)
        since = .now
        try await cluster.waitForProcess(guest, of: "steady", heardSince: since)
        let second = try #require(try await systemd.mainProcess(of: service))
        #expect(first != second)
        kill(second, SIGKILL)
        since = .now
        _ = try await eventually("systemd starts the killed agent again", within: 20) {
            try await systemd.mainProcess(of: service).flatMap { $0 != second ? $0 : nil }
        }
        try await cluster.waitForProcess(guest, of: "steady", heardSince: since)
        // A VM that is started by an agent under systemd lives on like one that was adopted.
        let own = try await cluster.launchedProcess("second")
        #expect(try await systemd.control("stop", service).exitCode == 0)
        #expect(cluster.executable(of: guest).contains("qemu"))
        #expect(cluster.executable(of: own).contains("qemu"))
    }
}

extension Cluster {
    /// The pid of the VMM of a new instance, once it runs.
    fileprivate func launchedProcess(_ name: String) async throws -> Int32 {
        try await succeed("launch", name, "--size", "nano", "--timeout", "60s", timeout: 90)
        return try #require(try await instance(name).status.pid)
    }

    fileprivate func waitForProcess(_ pid: Int32, of name: String, heardSince moment: ContinuousClock.Instant) async throws {
        _ = try await eventually("the agent is heard again", within: 20) { () -> Bool? in
            let asked = ContinuousClock.now
            let node = try await nodeView("n1")
            guard node.node.health == .alive, let age = node.age else { return nil }
            return .milliseconds(age.count) < asked - moment ? true : nil
        }
        _ = try await eventually("\(name) runs in process \(pid)", within: 10) {
            let status = try await instance(name).status
            return status.state == .running && status.pid == pid ? true : nil
        }
    }
}
