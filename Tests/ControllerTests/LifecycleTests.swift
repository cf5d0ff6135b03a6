import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("an instance's life, through HTTP and a node's syncs")
struct LifecycleTests {
    @Test("launched, taken up by its node, running, stopped, started, rebooted, deleted; its name is free again")
    func wholeLife() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            let launched = try await controller.launch("web")
            #expect(launched.instances.first?.status.state == .scheduled)
            #expect(launched.instances.first?.placement?.nodeName.text == "n1")
            try await node.obey()
            let running = try await controller.instance("web")
            #expect(running.status.state == .running)
            #expect(running.status.pid == 42)
            let operation: InstanceOperation = try await controller.get("/v1/operations/\(launched.operations[0].id)")
            #expect(operation.state == .succeeded)

            let stopped: InstanceAnswer = try await controller.post("/v1/instances/web/stop", StopRequest())
            #expect(stopped.instance.status.state == .stopping)
            try await node.obey()
            #expect(try await controller.state(of: "web") == .stopped)
            let started: InstanceAnswer = try await controller.post("/v1/instances/web/start", StopRequest())
            #expect(started.instance.generation == 3)
            try await node.obey()
            let rebooted: InstanceAnswer = try await controller.post("/v1/instances/web/reboot", StopRequest())
            #expect(rebooted.operation?.kind == .reboot)
            try await node.obey()
            #expect(try await controller.get("/v1/operations/\(#require(rebooted.operation).id)", as: InstanceOperation.self).state == .succeeded)

            #expect(try await controller.delete("/v1/instances/web").decoded(as: InstanceAnswer.self).instance.status.state == .deleting)
            let taken = try await controller.send(.post, "/v1/instances", try JSONEncoder().encode(controller.launchRequest("web")))
            #expect(taken.status == 409)
            #expect(try taken.error.message.contains("being deleted"))
            try await node.obey()
            #expect(try await controller.send(.get, "/v1/instances/web").status == 404)
            #expect(try await controller.get("/v1/nodes/n1", as: NodeView.self).allocated == .zero)
            try await controller.launch("web")
        }
    }
}
