import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("the conversation with nodes")
struct SyncTests {
    @Test("a session that the controller does not know is asked for everything, and so is every node after a restart of the controller")
    func needsFull() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let id = NodeID.random()
        let session = try await RunningController.run(in: directory) { controller in
            var node = try PlayedNode(controller, name: "n1", id: id)
            #expect(try await node.sync().needsFull)
            #expect(try await node.sync(full: true).needsFull == false)
            #expect(try await node.sync().needsFull == false)
            return node.session
        }
        try await RunningController.run(in: directory) { controller in
            var node = try PlayedNode(controller, name: "n1", id: id)
            node.session = session
            #expect(try await node.sync().needsFull)
            #expect(try await node.sync(full: true).needsFull == false)
        }
    }

    @Test("a held sync is answered as soon as there is something to do, and else after the interval")
    func hold() async throws {
        try await RunningController.run("heartbeat: {interval: 4s, suspectAfter: 60s, lostAfter: 120s}\n") { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            let waiting = node
            let began = ContinuousClock.now
            async let answer: (SyncAnswer, Duration) = {
                var waiting = waiting
                let answer = try await waiting.sync(hold: Milliseconds(seconds: 60))
                return (answer, ContinuousClock.now - began)
            }()
            try await Task.sleep(for: .milliseconds(100))
            try await controller.launch("web")
            let (told, took) = try await answer
            #expect(told.desired.map(\.name.text) == ["web"])
            #expect(took < .seconds(3.5))
            node.seen = told.revision
            let again = ContinuousClock.now
            let nothing = try await node.sync(hold: Milliseconds(seconds: 60))
            #expect(nothing.desired.isEmpty)
            #expect((.seconds(3.5)...(.seconds(20))).contains(ContinuousClock.now - again), "held for the interval, not for what the node asked")
        }
    }

    @Test("an answer that was lost is made good by the next: the node is told again what it has not seen")
    func lostAnswer() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            try await controller.launch("web")
            let before = node.seen
            #expect(try await node.sync().desired.count == 1)
            node.seen = before
            #expect(try await node.sync().desired.count == 1)
            #expect(try await node.sync().desired.isEmpty)
        }
    }

    @Test("an idle sync writes nothing")
    func idle() async throws {
        let store = MemoryStore()
        try await RunningController.run(store: store) { controller in
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            let before = store.commits.count
            for _ in 0..<10 { try await node.sync() }
            try await node.sync(full: true)
            #expect(store.commits.count == before)
        }
    }

    @Test("another node of the same name, a changed name, an epoch from elsewhere, claims beyond any machine: refused with a sentence")
    func refused() async throws {
        try await RunningController.run { controller in
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            let twin = try PlayedNode(controller, name: "n1")
            try await expect(controller, twin.id, twin.request(full: true, observed: []), 409, "berth node remove n1")
            let renamed = try PlayedNode(controller, name: "n2", id: node.id)
            try await expect(controller, node.id, renamed.request(full: true, observed: []), 409, "registered as “n1”")
            var stale = node.request(full: false, observed: [])
            stale.highestEpoch = Epoch(77_000)
            try await expect(controller, node.id, stale, 409, "epoch 77000")
            var stranger = try PlayedNode(controller, name: "n9").request(full: true, observed: [])
            stranger.highestEpoch = Epoch(77)
            try await expect(controller, .random(), stranger, 409, "epoch 77")
            let huge = try PlayedNode(controller, name: "n3", memory: .max)
            try await expect(controller, huge.id, huge.request(full: true, observed: []), 400, "memoryMiB")
            let negative = try PlayedNode(controller, name: "n4", cpus: -1)
            try await expect(controller, negative.id, negative.request(full: true, observed: []), 400, "milliCPU")
        }
    }

    private func expect(_ controller: RunningController, _ node: NodeID, _ request: SyncRequest, _ status: Int, _ words: String) async throws {
        let reply = try await controller.send(.post, "/v1/nodes/\(node)/sync", try JSONEncoder().encode(request))
        #expect(reply.status == status, "\(reply.text)")
        #expect(reply.text.contains(words), "\(reply.text)")
    }

    @Test("a silent node becomes suspect, then lost; its instances unknown; heard again it is alive; lost it can be removed")
    func health() async throws {
        try await RunningController.run(RunningController.fast) { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            try await controller.launch("web")
            try await node.obey()
            func health() async throws -> Node.Health { try await controller.get("/v1/nodes/n1", as: NodeView.self).node.health }
            try await eventually { try await health() == .suspect }
            #expect(try await controller.state(of: "web") == .unknown)
            try await node.sync()
            #expect(try await health() == .alive)
            #expect(try await controller.state(of: "web") == .running)
            #expect(try await controller.delete("/v1/nodes/n1").status == 409)
            try await eventually { try await health() == .lost }
            #expect(try await controller.delete("/v1/nodes/n1").status == 200)
            #expect(try await controller.send(.get, "/v1/instances/web").status == 404)
            let answer = try await node.sync()
            #expect(answer.needsFull, "a node that was removed joins anew")
            let reasons = try await controller.get("/v1/events", as: Page<Event>.self).items.map(\.reason)
            for reason in ["NodeJoined", "NodeSuspect", "NodeAlive", "NodeLost", "NodeRemoved"] { #expect(reasons.contains(reason)) }
        }
    }

    @Test("a restart of the controller is no death of nodes: their silence counts from its start")
    func restart() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let timing = "heartbeat: {interval: 100ms, suspectAfter: 6s, lostAfter: 60s}\n"
        let id = NodeID.random()
        try await RunningController.run(in: directory, timing) { controller in
            var node = try PlayedNode(controller, name: "n1", id: id)
            try await node.join()
        }
        try await Task.sleep(for: .milliseconds(6100))
        try await RunningController.run(in: directory, timing) { controller in
            let view: NodeView = try await controller.get("/v1/nodes/n1")
            #expect(view.node.health == .alive)
            #expect(view.age == nil)
        }
    }
}
