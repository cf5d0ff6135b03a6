import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("explanations")
struct ExplanationTests {
    @Test("a decision is explained as it was taken, whatever has changed since, and after a restart too")
    func reproduced() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let ids = [NodeID.random(), .random(), .random()]
        let first = try await RunningController.run(in: directory) { controller in
            try await controller.importImage()
            var nodes: [PlayedNode] = []
            for (number, id) in ids.enumerated() {
                var node = try PlayedNode(controller, name: "n\(number)", cpus: Int64(2 + number), memory: 4096, id: id)
                try await node.join()
                nodes.append(node)
            }
            try await controller.launch("before", count: 2)
            let dryRun: DryRunAnswer = try await controller.post("/v1/instances?dryRun=1", try controller.launchRequest("web"))
            let placed = try await controller.launch("web").instances[0]
            let first: Explanation = try await controller.get("/v1/instances/web/explanation")
            #expect(first.chosen == placed.placement?.node)
            #expect(first == dryRun.explanations[0], "the explanation is that of the state before the decision")

            try await controller.launch("after", count: 3)
            let _: NodeView = try await controller.post("/v1/nodes/n1/cordon", StopRequest())
            _ = try await controller.delete("/v1/instances/before-1")
            for index in nodes.indices { try await nodes[index].obey() }
            #expect(try await controller.get("/v1/instances/web/explanation", as: Explanation.self) == first)
            return first
        }
        try await RunningController.run(in: directory) { controller in
            let again: Explanation = try await controller.get("/v1/instances/web/explanation")
            #expect(again == first)
        }
    }

    @Test("a decision that went by an end stays explained by it when the end is changed, here and beside it, and after a restart too")
    func ends() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let first = try await RunningController.run(in: directory) { controller in
            try await controller.importImage()
            for name in ["n1", "n2"] {
                var node = try PlayedNode(controller, name: name, cpus: 8, memory: 16_384)
                try await node.join()
                if name == "n1" {
                    try await controller.launch("endless")
                    let _: NodeView = try await controller.post("/v1/nodes/n1/cordon", StopRequest())
                }
            }
            var short = try controller.launchRequest("short")
            short.expiresIn = Milliseconds(seconds: 3600)
            let _: LaunchAnswer = try await controller.post("/v1/instances", short)
            let _: NodeView = try await controller.post("/v1/nodes/n1/uncordon", StopRequest())
            var web = try controller.launchRequest("web")
            web.expiresIn = Milliseconds(seconds: 3600)
            let placed: LaunchAnswer = try await controller.post("/v1/instances", web)
            let first: Explanation = try await controller.get("/v1/instances/web/explanation")
            #expect(first.chosen == placed.instances[0].placement?.node)
            #expect(placed.instances[0].placement?.nodeName.text == "n2", "it goes to what ends when it does")
            let scores = first.nodes.compactMap(\.score)
            #expect(scores.count == 2 && scores[0] > scores[1] + 1, "\(scores)")
            var forever = UpdateRequest()
            forever.neverExpires = true
            for name in ["short", "web"] {
                let reply = try await controller.send(.put, "/v1/instances/\(name)", try JSONEncoder().encode(forever))
                #expect(reply.status == 200, "\(reply.text)")
            }
            #expect(try await controller.get("/v1/instances/web/explanation", as: Explanation.self) == first)
            try await controller.launch("more")
            let more: Explanation = try await controller.get("/v1/instances/more/explanation")
            #expect(more.nodes.allSatisfy { ($0.score ?? 9) < 4 }, "nothing ends any more: \(more.nodes.map(\.score))")
            return first
        }
        try await RunningController.run(in: directory) { controller in
            let again: Explanation = try await controller.get("/v1/instances/web/explanation")
            #expect(again == first)
        }
    }

    @Test("of several that were placed in one commit, each is explained with those before it and without those after it")
    func withinOneCommit() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1", cpus: 2)
            try await node.join()
            try await controller.launch("web", count: 2)
            let last: Explanation = try await controller.get("/v1/instances/web-2/explanation")
            #expect(last.chosen == node.id)
            let dryRun: DryRunAnswer = try await controller.post("/v1/instances?dryRun=1", try controller.launchRequest("more"))
            #expect(dryRun.explanations[0].chosen == nil)
            #expect(dryRun.explanations[0].nodes[0].refusals == [.short(of: .cpu, need: 1000, free: 0)])
        }
    }

    @Test("one that waits is explained against the nodes of now")
    func pending() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1", cpus: 1)
            try await node.join()
            let waiting = try await controller.launch("big", size: "large", queue: true)
            #expect(waiting.instances[0].status.state == .pending)
            let explanation: Explanation = try await controller.get("/v1/instances/big/explanation")
            #expect(explanation.chosen == nil)
            #expect(explanation.nodes.map(\.refusals.isEmpty) == [false])
        }
    }
}
