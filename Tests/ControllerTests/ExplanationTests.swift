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
