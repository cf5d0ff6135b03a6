import ClusterModel
import Foundation
import Testing

/// The planner's commands on a live cluster.
@Suite("planning on a live cluster", .timeLimit(.minutes(5)))
struct LivePlanningTests {
    struct Course: Decodable { var samples: [CapacitySample] }
    struct Plan: Decodable {
        struct Move: Decodable { var name: String }
        var moves: [Move]
    }

    @Test("the capacity history is kept from the first moment, survives the controller's kill, and is shown")
    func history() async throws {
        try await Cluster.run(.synthetic(2)) { cluster in
            try await cluster.waitForNodes(2)
            func samples() async throws -> [CapacitySample] {
                try await cluster.succeed("capacity", "history", "-o", "json").decoded(as: Course.self).samples
            }
            var first: [CapacitySample] = []
            let end = ContinuousClock.now + .seconds(30)
            while first.isEmpty, ContinuousClock.now < end {
                first = try await samples()
                if first.isEmpty { try await Task.sleep(for: .milliseconds(200)) }
            }
            #expect(first.count == 1, "a sample is taken soon after the start, and the next five minutes later")
            await cluster.killController()
            try await cluster.restartController()
            try await Task.sleep(for: .seconds(3))
            #expect(try await samples() == first, "nothing is forgotten, and nothing is taken too soon")
            let table = try await cluster.succeed("capacity", "history")
            #expect(table.output.contains("INSTANCES") && table.output.contains(String(describing: first[0].at)))
        }
    }

    @Test("what ends about the same time sits together, and the explanation says why")
    func lifetimes() async throws {
        try await Cluster.run(.synthetic(2)) { cluster in
            try await cluster.waitForNodes(2)
            try await cluster.importAnyImage()
            try await cluster.succeed("launch", "endless")
            let endless = try #require(try await cluster.instance("endless").placement).nodeName.text
            try await cluster.succeed("node", "cordon", endless)
            try await cluster.succeed("launch", "short", "--expires-in", "1h")
            try await cluster.succeed("node", "uncordon", endless)
            let short = try #require(try await cluster.instance("short").placement).nodeName.text
            #expect(short != endless)
            try await cluster.succeed("launch", "another", "--expires-in", "1h")
            try await cluster.succeed("launch", "forever")
            #expect(try await cluster.instance("another").placement?.nodeName.text == short)
            #expect(try await cluster.instance("forever").placement?.nodeName.text == endless)
            let explained = try await cluster.succeed("instance", "explain", "another")
            #expect(explained.output.contains(short), "\(explained)")
            // Exported and read again, what is planned goes by the same ends.
            let exported = try await cluster.succeed("plan", "export")
            #expect(exported.output.contains("expiresAt"), "\(exported)")
        }
    }

    @Test("a plan to empty nodes is performed by ordinary migrations, and what can't migrate is left out of it")
    func rebalance() async throws {
        try await Cluster.run(MigrationTests.shape()) { cluster in
            try await cluster.importTinyImage()
            for (name, other) in [("a", "n2"), ("b", "n1")] {
                try await cluster.succeed("node", "cordon", other)
                try await cluster.succeed("launch", name, "--timeout", "90s", timeout: 120)
                try await cluster.succeed("node", "uncordon", other)
            }
            let planned = try await cluster.berth("plan", "rebalance", "--apply")
            #expect(planned.exitCode == 2 && planned.errors.contains("--yes"), "\(planned)")
            #expect(try await cluster.instance("a").placement?.nodeName != cluster.instance("b").placement?.nodeName)
            for name in ["a", "b"] {
                try await cluster.succeed("volume", "create", "data-\(name)", "--size", "64MiB")
                try await cluster.succeed("volume", "attach", "data-\(name)", name, "--timeout", "60s")
                try await cluster.succeed("snapshot", "create", name, "of-\(name)", "--timeout", "60s")
            }
            let kept = try await cluster.berth("plan", "rebalance", "--apply", "--yes")
            #expect(kept.exitCode == 0 && kept.errors.contains("nothing to move"), "\(kept)")
            for name in ["a", "b"] { try await cluster.succeed("snapshot", "delete", "of-\(name)", "--timeout", "60s") }
            let performed = try await cluster.berth("plan", "rebalance", "--apply", "--yes", "--max-moves", "1", "--max-move-gib", "1", timeout: 150)
            #expect(performed.exitCode == 0 && performed.errors.contains("migrated 1 of 1 instances"), "\(performed)")
            let (a, b) = (try await cluster.instance("a"), try await cluster.instance("b"))
            #expect(a.placement?.node == b.placement?.node && a.placement != nil)
            #expect([a.status.state, b.status.state] == [.running, .running])
            #expect(try await cluster.succeed("operation", "list").output.contains("migrate"))
            let again = try await cluster.berth("plan", "rebalance", "--apply", "--yes")
            #expect(again.exitCode == 0 && again.errors.contains("nothing to move"), "\(again)")
        }
    }

    @Test("nodes that take no migrations leave nothing to be performed")
    func immovable() async throws {
        try await Cluster.run(.synthetic(2)) { cluster in
            try await cluster.waitForNodes(2)
            try await cluster.importAnyImage()
            for (name, other) in [("a", "n2"), ("b", "n1")] {
                try await cluster.succeed("node", "cordon", other)
                try await cluster.succeed("launch", name)
                try await cluster.succeed("node", "uncordon", other)
            }
            let planned = try await cluster.succeed("plan", "rebalance", "-o", "json").decoded(as: Plan.self)
            #expect(planned.moves.count == 1, "as if all could be moved")
            let applied = try await cluster.berth("plan", "rebalance", "--apply", "--yes")
            #expect(applied.exitCode == 0 && applied.errors.contains("nothing to move"), "\(applied)")
        }
    }
}
