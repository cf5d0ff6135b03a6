import ClusterAPI
import ClusterModel
import Foundation
import GRDB
import Testing

@Suite("a repeated idempotency key gives the first answer")
struct IdempotencyTests {
    @Test("the same request twice launches once, and answers with the same bytes and status")
    func twice() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            let body = try JSONEncoder().encode(controller.launchRequest(nil))
            let first = try await controller.send(.post, "/v1/instances", body, headers: [("Idempotency-Key", "abc")])
            let second = try await controller.send(.post, "/v1/instances", body, headers: [("Idempotency-Key", "abc")])
            #expect(first.status == 201 && second.status == 201)
            #expect(first.body == second.body)
            #expect(try await controller.get("/v1/instances", as: Page<Instance>.self).items.count == 1)
        }
    }

    @Test("many at once with one key are one request")
    func concurrent() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            let body = try JSONEncoder().encode(controller.launchRequest(nil))
            let bodies = try await withThrowingTaskGroup(of: Data.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await controller.send(.post, "/v1/instances", body, headers: [("Idempotency-Key", "one")]).body }
                }
                return try await group.reduce(into: Set<Data>()) { $0.insert($1) }
            }
            #expect(bodies.count == 1)
            #expect(try await controller.get("/v1/instances", as: Page<Instance>.self).items.count == 1)
        }
    }

    @Test("the key of one request is refused for another, with another body or on another route")
    func mismatch() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            let key = [("Idempotency-Key", "abc")]
            let one = try JSONEncoder().encode(controller.launchRequest("one"))
            let two = try JSONEncoder().encode(controller.launchRequest("two"))
            #expect(try await controller.send(.post, "/v1/instances", one, headers: key).status == 201)
            let other = try await controller.send(.post, "/v1/instances", two, headers: key)
            #expect(other.status == 409)
            #expect(try other.error.code == .idempotencyMismatch)
            #expect(try await controller.send(.post, "/v1/instances/one/stop", headers: key).error.code == .idempotencyMismatch)
        }
    }

    @Test("after a restart a key still gives the first answer, a refusal too")
    func restart() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let body = Data(#"{"name": "web"}"#.utf8)
        let (launched, refused) = try await RunningController.run(in: directory) { controller in
            try await controller.importImage()
            let refused = try await controller.send(.post, "/v1/instances", body, headers: [("Idempotency-Key", "early")])
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            return (try await controller.send(.post, "/v1/instances", body, headers: [("Idempotency-Key", "abc")]), refused)
        }
        #expect(launched.status == 201)
        #expect(refused.status == 409)
        try await RunningController.run(in: directory) { controller in
            let again = try await controller.send(.post, "/v1/instances", body, headers: [("Idempotency-Key", "abc")])
            #expect(again.status == 201)
            #expect(again.body == launched.body)
            let refusedAgain = try await controller.send(.post, "/v1/instances", body, headers: [("Idempotency-Key", "early")])
            #expect(refusedAgain.status == 409)
            #expect(refusedAgain.body == refused.body)
        }
    }

    @Test(
        "after 24 h a key is forgotten and may be used again; a minute before it still gives the first answer",
        arguments: [(-60_000, 1), (1000, 2)])
    func expiry(beyondADay: Int64, launched: Int) async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let key = [("Idempotency-Key", "abc")]
        let first = try await RunningController.run(in: directory) { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            return try await controller.send(.post, "/v1/instances", Data("{}".utf8), headers: key)
        }
        #expect(first.status == 201)
        let file = directory.appendingPathComponent("ledger.sqlite").path
        try await DatabaseQueue(path: file).write { try $0.execute(sql: "UPDATE answer SET at = at - ?", arguments: [86_400_000 + beyondADay]) }
        try await RunningController.run(in: directory) { controller in
            // Old answers go with the next commit.
            let size = #"{"name": "odd", "resources": {"milliCPU": 100, "memoryMiB": 64, "diskMiB": 64}, "traits": []}"#
            _ = try await controller.send(.post, "/v1/sizes", Data(size.utf8))
            let again = try await controller.send(.post, "/v1/instances", Data("{}".utf8), headers: key)
            #expect(again.status == 201)
            #expect((again.body == first.body) == (launched == 1))
            #expect(try await controller.get("/v1/instances", as: Page<Instance>.self).items.count == launched)
        }
    }

    @Test("a key that is too long or not plain text is refused", arguments: ["ü", String(repeating: "k", count: 129), "a b"])
    func badKey(key: String) async throws {
        try await RunningController.run { controller in
            let reply = try await controller.send(.post, "/v1/instances", Data("{}".utf8), headers: [("Idempotency-Key", key)])
            #expect(reply.status == 400)
            #expect(try reply.error.message.contains("Idempotency-Key"))
        }
    }
}
