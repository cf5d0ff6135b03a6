import ClusterAPI
import ClusterModel
import Controller
import Foundation
import Testing

@Suite("a node that was taken over, with a certificate of its own")
struct HostileNodeTests {
    @Test("it reports another's instance and claims more than any machine has: nothing of the other's changes, and it is refused")
    func lies() async throws {
        try await RunningController.run(security: .tls) { controller in
            try await controller.importImage()
            let honest = try await EnrolledNode.joined(controller, "n1")
            #expect(try await honest.sync().status == 200)
            let launched = try await controller.launch("web", size: "nano")
            let instance = try #require(launched.instances.first)
            let liar = try await EnrolledNode.joined(controller, "n2")
            let target = "/v1/nodes/\(liar.id)/sync"
            for cpus in [Int64.max / 1000, 1 << 50, -1] {
                let reply = try await liar.send(.post, target, try liar.syncBody(cpus: cpus))
                #expect(reply.status == 400, "\(reply.text)")
            }
            #expect(try await controller.send(.get, "/v1/nodes/n2").status == 404)
            let before = try await controller.instance("web")
            for state in [ObservedInstance.State.running, .stopped, .failed, .absent] {
                let lie = ObservedInstance(
                    id: instance.id, name: try Name("web"), generation: 9, state: state, reason: "because", restarts: 3,
                    resources: instance.spec.resources)
                #expect(try await liar.send(.post, target, try liar.syncBody(observed: [lie])).status == 200)
            }
            #expect(try await controller.instance("web") == before)
            // Neither in the other's name.
            let foreign = try await liar.send(.post, "/v1/nodes/\(honest.id)/sync", try liar.syncBody())
            try foreign.expectRefusal(403, "may not speak for another")
            let snapshot = try await liar.send(.post, "/v1/instances/\(instance.id)/snapshots/\(SnapshotID.random())/image", Data("x".utf8))
            #expect([403, 404].contains(snapshot.status), "\(snapshot.text)")
        }
    }

    @Test("what it is denied is in the audit under the node's name, and so are join tokens and what was done with them")
    func audit() async throws {
        try await RunningController.run(security: .tls) { controller in
            let node = try await EnrolledNode.joined(controller, "n1")
            #expect(try await node.sync().status == 200)
            #expect(try await node.send(.post, "/v1/nodes/n1/cordon", Data("{}".utf8)).status == 403)
            let entries = try await eventually {
                let page = try await controller.get("/v1/audit?limit=500", as: Page<AuditEntry>.self).items
                return page.contains { $0.verb == "cordonNode" } ? page : nil
            }
            let own = entries.filter { $0.actor == "node/\(node.id)" }
            #expect(own.contains { $0.verb == "cordonNode" && $0.decision == .denied && $0.code == .forbidden })
            // Before it has a certificate it is nobody, and what it joined as is what was done.
            for verb in ["createJoinToken", "joinNode"] {
                #expect(entries.contains { $0.verb == verb && $0.object == "n1" && $0.decision == .done && $0.address == "127.0.0.1" }, "\(verb)")
            }
            _ = try await EnrolledNode(controller, "n3").tryToJoin("berth-join.x.y")
            let token = try await EnrolledNode.token(controller, "n4")
            #expect(try await EnrolledNode(controller, "n5").tryToJoin(token).status == 403)
            let page = try await controller.get("/v1/audit?verb=joinNode&limit=500", as: Page<AuditEntry>.self).items
            #expect(page.contains { $0.decision == .refused && $0.code == .forbidden })
            #expect(try await controller.get("/v1/audit/verification", as: AuditVerification.self).intact)
        }
    }
}
