import ClusterAPI
import ClusterModel
import Controller
import Foundation
import Testing

@Suite("recovery through the API, with a controller that keeps time")
struct RecoveryTests {
    /// With room for a lease.
    private static let timing = "heartbeat: {interval: 100ms, suspectAfter: 800ms, lostAfter: 4s}\n"

    private func fenced(_ name: String, priority: Int? = nil) throws -> LaunchRequest {
        var request = LaunchRequest()
        request.name = try Name(name)
        request.recovery = .fenced
        request.priority = priority
        return request
    }

    private func reasons(_ controller: RunningController) async throws -> [String] {
        try await controller.get("/v1/events", as: Page<Event>.self).items.map(\.reason)
    }

    @Test("the instance of a node that is lost runs on another, exactly one; the old node hears of nothing else until it has let go")
    func recovered() async throws {
        try await RunningController.run(Self.timing) { controller in
            try await controller.importImage()
            var old = try PlayedNode(controller, name: "n1")
            try await old.join()
            let launched: LaunchAnswer = try await controller.post("/v1/instances", try fenced("web"))
            let id = try #require(launched.instances.first).id
            try await old.obey()
            try await old.obey()
            #expect(try await controller.state(of: "web") == .running)
            var new = try PlayedNode(controller, name: "n2")
            try await new.join()
            try await eventually {
                try await new.obey()
                return try await controller.instance("web").placement?.nodeName.text == "n2"
            }
            try await eventually {
                try await new.obey()
                return try await controller.state(of: "web") == .running
            }
            #expect(new.desired[id]?.generation ?? 0 > 1)
            let event = try #require(
                try await controller.get("/v1/events", as: Page<Event>.self).items.first { $0.reason == "InstanceRecovering" })
            #expect(event.message.contains("lease of node “n1” is over") && event.message.contains("4 s are enough"), "\(event.message)")

            old.seen = 0
            old.desired = [:]
            let first = try await old.sync(full: true)
            #expect(!first.full && first.desired.map(\.desired) == [.deleted] && first.lease == nil)
            #expect(try await controller.state(of: "web") == .running, "an old node's word changes nothing")
            try await old.obey()
            let after = try await old.sync()
            #expect(after.desired.isEmpty && old.seen > 0, "it is told everything now, which is nothing")
            #expect(try await controller.instance("web").placement?.nodeName.text == "n2")
        }
    }

    @Test("too many at once: nothing moves, the status says why, a restart keeps it, and resume lets it go on")
    func brake() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let configuration = "\(Self.timing)recovery: {maxLostShare: 0.4, window: 5m}\n"
        let survivor = NodeID.random()
        try await RunningController.run(in: directory, configuration) { controller in
            try await controller.importImage()
            var first = try PlayedNode(controller, name: "n1")
            try await first.join()
            let _: LaunchAnswer = try await controller.post("/v1/instances", try fenced("web"))
            try await first.obey()
            var second = try PlayedNode(controller, name: "n2")
            try await second.join()
            var third = try PlayedNode(controller, name: "n3", id: survivor)
            try await third.join()
            try await eventually {
                try await third.sync()
                return try await controller.get("/v1/cluster", as: ClusterView.self).recovery.hold != nil
            }
            let view: ClusterView = try await controller.get("/v1/cluster")
            #expect(view.recovery.hold?.reason == .manyNodesLost && view.recovery.instances == 1)
            #expect(view.recovery.hold?.message.contains("2 of 3 nodes") ?? false)
            #expect(try await reasons(controller).contains("RecoveryHeld"))
        }
        try await RunningController.run(in: directory, RunningController.calm) { controller in
            var third = try PlayedNode(controller, name: "n3", id: survivor)
            try await third.join()
            let held: RecoveryView = try await controller.get("/v1/cluster/recovery")
            #expect(held.hold?.reason == .manyNodesLost)
            #expect(try await controller.instance("web").placement?.nodeName.text == "n1")
            let resumed: RecoveryView = try await controller.post("/v1/cluster/recovery/resume", [String: String]())
            #expect(resumed.hold == nil)
            try await eventually { try await controller.instance("web").placement?.nodeName.text == "n3" }
        }
    }

    @Test("a controller that has just started and never heard from a node holds; so does one on a restored ledger, once")
    func starts() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let restored = directory.appending(path: "restored")
        let backup = directory.appending(path: "backup.sqlite")
        let first = directory.appending(path: "first")
        try FileManager.default.createDirectory(at: first, withIntermediateDirectories: true)
        try await RunningController.run(in: first, Self.timing) { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            let _: LaunchAnswer = try await controller.post("/v1/instances", try fenced("web"))
            try await node.obey()
            try await controller.send(.get, "/v1/cluster/backup").body.write(to: backup)
        }
        try await RunningController.run(in: first, Self.timing) { controller in
            try await eventually {
                try await controller.get("/v1/cluster/recovery", as: RecoveryView.self).hold?.reason == .controllerStarted
            }
        }
        _ = try await LedgerRestore.restore(backup.path, into: restored.path, at: Timestamp(milliseconds: 1_700_000_000_000))
        try await RunningController.run(in: restored) { controller in
            let held: RecoveryView = try await controller.get("/v1/cluster/recovery")
            #expect(held.hold?.reason == .restoredStore && held.hold?.message.contains("restored from a backup") ?? false)
            let _: RecoveryView = try await controller.post("/v1/cluster/recovery/resume", [String: String]())
        }
        try await RunningController.run(in: restored) { controller in
            let resumed: RecoveryView = try await controller.get("/v1/cluster/recovery")
            #expect(resumed.hold == nil, "an operator has spoken")
        }
    }

    @Test("the fence command is run with the node's name, again when it fails, and its success is the proof")
    func fenceCommand() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let script = directory.appending(path: "fence.sh")
        let log = directory.appending(path: "calls")
        // Fails until somebody has plugged it in.
        try Data("#!/bin/sh\necho \"$1 $BERTH_NODE_ID\" >> \(log.path)\necho chassis power is off\ntest -e \(directory.path)/plugged\n".utf8).write(
            to: script)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
        let configuration = "\(Self.timing)fence: {command: \(script.path), timeout: 10s, at: suspect}\n"
        try await RunningController.run(configuration) { controller in
            try await controller.importImage()
            var old = try PlayedNode(controller, name: "n1")
            try await old.join()
            let _: LaunchAnswer = try await controller.post("/v1/instances", try fenced("web"))
            try await old.obey()
            var new = try PlayedNode(controller, name: "n2")
            try await new.join()
            try await eventually {
                try await new.obey()
                return try await reasons(controller).contains("FenceFailed")
            }
            #expect(try await controller.instance("web").placement?.nodeName.text == "n1", "its lease is no proof where a command is configured")
            try Data().write(to: directory.appending(path: "plugged"))
            try await eventually {
                try await new.obey()
                return try await controller.instance("web").placement?.nodeName.text == "n2"
            }
            let events = try await controller.get("/v1/events", as: Page<Event>.self).items
            #expect(events.contains { $0.reason == "NodeFenced" && $0.message.contains("chassis power is off") })
            #expect(events.contains { $0.reason == "InstanceRecovering" && $0.message.contains("the fence command for node “n1” succeeded") })
            let calls = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
            #expect(calls.count >= 2 && calls.allSatisfy { $0 == "n1 \(old.id)" }, "\(calls)")
        }
    }

    @Test("a fence command that is not there, or does not end, is a failure with its reason", arguments: ["/no/such/command", "sleeper"])
    func badFenceCommand(command: String) async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let script = directory.appending(path: "sleep.sh")
        try Data("#!/bin/sh\nexec sleep 600\n".utf8).write(to: script)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
        let path = command == "sleeper" ? script.path : command
        try await RunningController.run("\(Self.timing)fence: {command: \(path), timeout: 300ms}\n") { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            let _: LaunchAnswer = try await controller.post("/v1/instances", try fenced("web"))
            try await eventually {
                let events = try await controller.get("/v1/events", as: Page<Event>.self).items
                let words = command == "sleeper" ? "did not end within 300ms" : "can't be run"
                return events.contains { $0.reason == "FenceFailed" && $0.message.contains(words) }
            }
        }
    }

    @Test("confirm-dead: refused for a node that answers; for a silent one it starts its instances elsewhere at once")
    func confirmDead() async throws {
        try await RunningController.run("heartbeat: {interval: 200ms, suspectAfter: 500ms, lostAfter: 120s}\n") { controller in
            try await controller.importImage()
            var old = try PlayedNode(controller, name: "n1")
            try await old.join()
            let _: LaunchAnswer = try await controller.post("/v1/instances", try fenced("web"))
            try await old.obey()
            var new = try PlayedNode(controller, name: "n2")
            try await new.join()
            let refused = try await controller.send(.post, "/v1/nodes/n1/confirm-dead")
            #expect(refused.status == 409 && refused.text.contains("alive"), "\(refused.text)")
            try await eventually {
                try await new.sync()
                return try await controller.get("/v1/nodes/n1", as: NodeView.self).node.health == .suspect
            }
            let dead: NodeView = try await controller.post("/v1/nodes/n1/confirm-dead", ConfirmDeadRequest())
            #expect(dead.node.health == .lost && dead.node.silence?.proof?.kind == .operatorsWord)
            try await eventually {
                try await new.obey()
                return try await controller.state(of: "web") == .running
            }
            #expect(try await controller.instance("web").placement?.nodeName.text == "n2")
            // It was not dead after all: it says everything and takes away what has moved before it holds a lease again.
            let answer = try await old.sync()
            #expect(answer.needsFull && answer.lease == nil)
        }
    }
}

@Suite("draining through the API")
struct DrainTests {
    @Test("the plan first, then each moves or stops, and the node says how far it is; uncordon ends it")
    func drain() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var first = try PlayedNode(controller, name: "n1")
            try await first.join()
            var web = try controller.launchRequest("web")
            web.ephemeral = true
            let _: LaunchAnswer = try await controller.post("/v1/instances", web)
            try await controller.launch("db")
            try await first.obey()
            var second = try PlayedNode(controller, name: "n2")
            try await second.join()

            let planned: DrainAnswer = try await controller.post("/v1/nodes/n1/drain?dryRun=1", DrainRequest())
            #expect(planned.plan.items.map { "\($0.name) \($0.action.rawValue) \($0.target?.text ?? "-")" } == ["web move n2", "db stuck -"])
            #expect(!planned.node.node.draining)
            let refused = try await controller.send(.post, "/v1/nodes/n1/drain")
            #expect(refused.status == 409 && refused.text.contains("--stop"), "\(refused.text)")
            let range = try await controller.send(.post, "/v1/nodes/n1/drain", Data(#"{"parallel": 65}"#.utf8))
            #expect(range.status == 400 && range.text.contains("1 to 64"), "\(range.text)")

            let begun: DrainAnswer = try await controller.post("/v1/nodes/n1/drain", DrainRequest(stop: true, parallel: 2))
            #expect(begun.node.node.draining && begun.plan.items.count == 2)
            #expect(try await second.sync().desired.isEmpty, "the next node is told nothing before the first has let go")
            try await eventually {
                try await first.obey()
                return try await controller.get("/v1/nodes/n1", as: NodeView.self).drain?.order.finishedAt != nil
            }
            try await second.obey()
            #expect(try await controller.state(of: "web") == .running)
            #expect(try await controller.instance("web").placement?.nodeName.text == "n2")
            #expect(try await controller.state(of: "db") == .stopped)
            let operations: Page<InstanceOperation> = try await controller.get("/v1/operations?kind=move")
            #expect(operations.items.map(\.state) == [.succeeded])

            let _: NodeView = try await controller.post("/v1/nodes/n1/uncordon", [String: String]())
            try await first.obey()
            #expect(try await controller.state(of: "db") == .running)
        }
    }
}
