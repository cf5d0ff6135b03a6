import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("two clients at once")
struct ContentionTests {
    @Test("who resize, stop and delete one instance at the same time each get a clear answer, and nothing of it is left")
    func instance() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            for round in 0..<10 {
                let launched = try await controller.launch("web-\(round)", size: "nano")
                let id = try #require(launched.instances.first?.id)
                try await node.obey()
                let replies = try await Self.together(
                    [
                        (.post, "/v1/instances/\(id)/resize", #"{"size": "small", "restart": true}"#), (.delete, "/v1/instances/\(id)", nil),
                        (.post, "/v1/instances/\(id)/resize", #"{"size": "tiny", "restart": true}"#), (.delete, "/v1/instances/\(id)", nil),
                        (.post, "/v1/instances/\(id)/stop", "{}"),
                    ], controller)
                for reply in replies where reply.status != 200 {
                    #expect([404, 409].contains(reply.status), "\(reply.text)")
                    #expect(try !reply.error.message.isEmpty)
                }
                try await eventually {
                    try await node.obey()
                    return try await controller.send(.get, "/v1/instances/\(id)").status == 404
                }
                let view = try await controller.get("/v1/nodes/n1", as: NodeView.self)
                #expect(view.allocated == .zero && view.instances == 0)
            }
        }
    }

    @Test("who grow and delete one volume at the same time each get a clear answer, and nothing of it is left")
    func volume() async throws {
        try await RunningController.run { controller in
            for round in 0..<10 {
                let made = try await controller.send(.post, "/v1/volumes", Data(#"{"name": "data-\#(round)", "sizeMiB": 1024}"#.utf8))
                #expect(made.status == 201, "\(made.text)")
                let target = "/v1/volumes/\(try made.decoded(as: VolumeAnswer.self).volume.id)"
                let replies = try await Self.together(
                    [
                        (.put, target, #"{"sizeMiB": 2048}"#), (.delete, target, nil), (.put, target, #"{"sizeMiB": 4096}"#), (.delete, target, nil),
                        (.put, target, #"{"sizeMiB": 3072}"#),
                    ], controller)
                // A size below the one that another asked for a moment ago is a size below.
                #expect(replies.allSatisfy { [200, 400, 404, 409].contains($0.status) }, "\(replies.map(\.text))")
                #expect(replies.contains { $0.status == 200 })
                #expect(try await controller.send(.get, target).status == 404)
            }
            #expect(try await controller.get("/v1/volumes", as: Page<Volume>.self).items == [])
        }
    }

    private static func together(
        _ requests: [(Route.Method, String, String?)], _ controller: RunningController
    ) async throws -> [RunningController.Reply] {
        try await withThrowingTaskGroup(of: RunningController.Reply.self) { group in
            for (method, target, body) in requests {
                group.addTask { try await controller.send(method, target, body.map { Data($0.utf8) }) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
