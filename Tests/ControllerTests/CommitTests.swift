import ClusterAPI
import ClusterModel
import Controller
import Foundation
import Testing

@Suite("a 2xx means durable, and a failed commit means nothing happened")
struct CommitTests {
    @Test("requests that wait together are committed together, and each gets its own answer")
    func groupCommit() async throws {
        let store = MemoryStore()
        try await RunningController.run(store: store) { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1", cpus: 400, memory: 1 << 20)
            try await node.join()
            let before = store.commits.count
            let names = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<200 {
                    group.addTask { try await controller.launch("web\(number)").instances[0].name.text }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(names == Set((0..<200).map { "web\($0)" }))
            #expect(store.commits.count - before < 200, "each of 200 concurrent launches was committed alone")
            let view: NodeView = try await controller.get("/v1/nodes/n1")
            #expect(view.instances == 200)
            #expect(view.allocated.cpu == MilliCPU(vcpus: 200))
        }
    }

    @Test(
        "a full disk is 507, any other trouble 503; both leave memory as it was, and the next request works",
        arguments: [
            (StoreError.full, 507), (.unavailable("unplugged"), 503),
        ])
    func failure(error: StoreError, status: Int) async throws {
        let store = MemoryStore()
        try await RunningController.run(store: store) { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            store.fail(with: error)
            let body = try JSONEncoder().encode(controller.launchRequest("web"))
            #expect(try await controller.send(.post, "/v1/instances", body).status == status)
            #expect(try await controller.send(.get, "/v1/instances/web").status == 404)
            #expect(try await controller.get("/v1/nodes/n1", as: NodeView.self).allocated == .zero)
            store.fail(with: nil)
            #expect(try await controller.launch("web").instances.count == 1)
        }
    }

    @Test("stopped and started again, the controller has all that it answered, and the same ledger")
    func restart() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let first = try await RunningController.run(in: directory) { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            try await controller.launch("web", count: 3)
            try await node.obey()
            return try await controller.send(.get, "/v1/instances").text
        }
        try await RunningController.run(in: directory) { controller in
            let again = try await controller.send(.get, "/v1/instances").text
            #expect(try Self.instances(again) == Self.instances(first))
            let cluster: ClusterView = try await controller.get("/v1/cluster")
            #expect(cluster.epoch == Epoch(2))
            #expect(cluster.allocated.cpu == MilliCPU(vcpus: 3))
            #expect(try await controller.get("/v1/events", as: Page<Event>.self).items.contains { $0.reason == "InstanceRunning" })
        }
    }

    private static func instances(_ text: String) throws -> [Instance] {
        try JSONDecoder().decode(Page<Instance>.self, from: Data(text.utf8)).items
    }
}
