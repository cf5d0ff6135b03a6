import ClusterModel
import Foundation
import Testing

/// Real agents, cages and guests under leases short enough to wait for.
@Suite("a node that dies, and one that is drained", .serialized, .timeLimit(.minutes(10)))
struct RecoveryTests {
    private static let wait = 7.0

    private static func shape(_ nodes: Int) -> Cluster.Shape {
        var shape = Cluster.Shape.qemu(nodes)
        shape.lease = "{renew: 500ms, length: 4s, kill: 2s, wait: 7s}"
        return shape
    }

    @Test(
        "its fenced instance runs elsewhere, exactly once; its other is never started elsewhere; back again, it keeps what stays and lets go of the rest"
    )
    func death() async throws {
        try await Cluster.run(Self.shape(3)) { cluster in
            try await cluster.importTinyImage()
            for other in ["n2", "n3"] { try await cluster.succeed("node", "cordon", other) }
            try await cluster.succeed("launch", "web", "--recovery", "fenced", "--priority", "5", "--timeout", "60s", timeout: 90)
            try await cluster.succeed("launch", "db", "--timeout", "60s", timeout: 90)
            for other in ["n2", "n3"] { try await cluster.succeed("node", "uncordon", other) }
            let before = try await cluster.instance("web")
            #expect(before.placement?.nodeName.text == "n1" && before.spec.recovery == .fenced)

            let died = ContinuousClock.now
            await cluster.killEverything(of: "n1")
            let after = try await eventually("web runs elsewhere", within: 60) {
                let now = try await cluster.instance("web")
                return now.status.state == .running && now.placement?.nodeName.text != "n1" ? now : nil
            }
            let took = Double((ContinuousClock.now - died) / .milliseconds(1)) / 1000
            print("a fenced instance ran elsewhere \(took) s after its node had died; W is \(Self.wait) s")
            #expect(took >= Self.wait - 1.5, "not before its lease was surely over")
            #expect(after.generation > before.generation)
            #expect(cluster.guests(of: before.id) == [try #require(after.status.pid)])
            #expect(try await cluster.instance("db").status.state == .unknown)
            #expect(try await cluster.succeed("events").output.contains("the lease of node “n1” is over since"))

            try cluster.startAgent("n1")
            try await cluster.wait(for: .alive, of: "n1")
            let directory = "\(cluster.dataDirectory(of: "n1"))/instances/\(before.id)"
            _ = try await eventually("n1 has taken away what moved", within: 30) { FileManager.default.fileExists(atPath: directory) ? nil : true }
            _ = try await eventually("db runs on n1 again", within: 60) { try await cluster.instance("db").status.state == .running ? true : nil }
            let end = try await cluster.instance("web")
            #expect(end.placement == after.placement && end.status.pid == after.status.pid && end.status.state == .running)
            #expect(cluster.guests(of: before.id) == [try #require(end.status.pid)])
        }
    }

    @Test("drained: the plan first, then each guest ends before it starts elsewhere, what can't move is stopped, and uncordon starts it again")
    func drain() async throws {
        try await Cluster.run(Self.shape(2)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("node", "cordon", "n2")
            try await cluster.succeed("launch", "web", "--recovery", "fenced", "--timeout", "60s", timeout: 90)
            try await cluster.succeed("launch", "cache", "--ephemeral", "--timeout", "60s", timeout: 90)
            try await cluster.succeed("launch", "db", "--timeout", "60s", timeout: 90)
            let refused = try await cluster.berth("node", "drain", "n1", "--dry-run")
            #expect(refused.exitCode == 4 && refused.output.contains("finds no room elsewhere"), "\(refused)")
            try await cluster.succeed("node", "uncordon", "n2")
            let plan = try await cluster.succeed("node", "drain", "n1", "--stop", "--dry-run").output
            for words in ["move    n2", "stays on its node by its policy"] { #expect(plan.contains(words), "\(plan)") }
            #expect(try await cluster.berth("node", "drain", "n1", "--stop").exitCode == 2, "nobody can be asked")
            let before = try await cluster.instance("web")

            let watch = Task {
                var most = 0
                while !Task.isCancelled {
                    most = max(most, cluster.guests(of: before.id).count)
                    try? await Task.sleep(for: .milliseconds(5))
                }
                return most
            }
            try await cluster.succeed("node", "drain", "n1", "--stop", "--yes", "--timeout", "90s", timeout: 120)
            for name in ["web", "cache"] {
                let moved = try await eventually("\(name) runs on n2", within: 60) {
                    let now = try await cluster.instance(name)
                    return now.status.state == .running ? now : nil
                }
                #expect(moved.placement?.nodeName.text == "n2")
            }
            watch.cancel()
            #expect(await watch.value == 1, "never two at once")
            #expect(try await cluster.instance("db").status.state == .stopped)
            #expect(try await cluster.succeed("node", "show", "n1").output.contains("done at"))
            #expect(try await cluster.succeed("node", "list").output.contains("drained"))
            try await cluster.succeed("node", "uncordon", "n1")
            _ = try await eventually("db runs again", within: 60) { try await cluster.instance("db").status.state == .running ? true : nil }
        }
    }
}

extension Cluster {
    /// As when the machine loses its power: agent, guard, cages and guests, each by its pid.
    fileprivate func killEverything(of node: String) async {
        let all = processes(mentioning: dataDirectory(of: node) + "/") + [agentPid(node)].compactMap { $0 }
        for pid in all { kill(pid, SIGKILL) }
        await killAgent(node)
    }
}
