import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("consoles and logs")
struct StreamTests {
    @Test("what the node sends the viewer reads, and what the viewer types the node reads")
    func joined() async throws {
        try await withInstance { controller, node in
            let opened: OpenStreamAnswer = try await controller.post("/v1/instances/web/streams", OpenStreamRequest(source: .console))
            var playing = node
            let asked = try await playing.sync(hold: Milliseconds(1000)).streams
            #expect(asked.map(\.id) == [opened.id])
            let feed = Feed()
            let node = node
            async let sent = controller.transport.send(
                HTTPRequest(
                    method: .post, target: "/v1/nodes/\(node.id)/streams/\(opened.id)/output",
                    body: .stream { await feed.next() }))
            await feed.write("login: ")
            let (answer, output) = try await controller.transport.stream(HTTPRequest(method: .get, target: "/v1/streams/\(opened.id)/output"))
            #expect(answer.status == 200)
            var reader = output.makeAsyncIterator()
            #expect(try await reader.next() == Data("login: ".utf8))

            let (_, input) = try await controller.transport.stream(
                HTTPRequest(method: .get, target: "/v1/nodes/\(node.id)/streams/\(opened.id)/input"))
            #expect(try await controller.send(.post, "/v1/streams/\(opened.id)/input", Data("root\n".utf8)).status == 200)
            var typed = input.makeAsyncIterator()
            #expect(try await typed.next() == Data("root\n".utf8))

            await feed.finish()
            #expect(try await sent.status == 200)
            #expect(try await reader.next() == nil)
        }
    }

    @Test("a second viewer of a console is a conflict, a log beside it is not, and when the first goes the console is free")
    func oneViewer() async throws {
        try await withInstance { controller, _ in
            let opened: OpenStreamAnswer = try await controller.post("/v1/instances/web/streams", OpenStreamRequest(source: .console))
            let body = try JSONEncoder().encode(OpenStreamRequest(source: .console))
            #expect(try await controller.send(.post, "/v1/instances/web/streams", body).status == 409)
            let _: OpenStreamAnswer = try await controller.post(
                "/v1/instances/web/streams", OpenStreamRequest(source: .log(lines: 10, follow: false)))
            #expect(try await controller.delete("/v1/streams/\(opened.id)").status == 200)
            #expect(try await controller.send(.post, "/v1/instances/web/streams", body).status == 201)
        }
    }

    @Test("a log that ended before anybody read it can still be read")
    func endedLog() async throws {
        try await withInstance { controller, node in
            let opened: OpenStreamAnswer = try await controller.post(
                "/v1/instances/web/streams", OpenStreamRequest(source: .log(lines: nil, follow: false)))
            #expect(try await controller.send(.post, "/v1/nodes/\(node.id)/streams/\(opened.id)/output", Data("booted\n".utf8)).status == 200)
            let reply = try await controller.send(.get, "/v1/streams/\(opened.id)/output")
            #expect(reply.text == "booted\n")
        }
    }

    @Test("another node can't take up a stream")
    func otherNode() async throws {
        try await withInstance { controller, _ in
            let opened: OpenStreamAnswer = try await controller.post("/v1/instances/web/streams", OpenStreamRequest(source: .console))
            let reply = try await controller.send(.post, "/v1/nodes/\(NodeID.random())/streams/\(opened.id)/output", Data("x".utf8))
            #expect(reply.status == 404)
        }
    }

    private func withInstance(_ body: @Sendable @escaping (RunningController, PlayedNode) async throws -> Void) async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            try await controller.launch("web")
            try await node.obey()
            try await body(controller, node)
        }
    }
}

/// A body that is written piece by piece while it is being sent.
actor Feed {
    private var pieces: [Data] = []
    private var isFinished = false
    private var reader: CheckedContinuation<Data?, Never>?

    func next() async -> Data? {
        if !pieces.isEmpty { return pieces.removeFirst() }
        if isFinished { return nil }
        return await withCheckedContinuation { reader = $0 }
    }

    func write(_ text: String) {
        guard let waiting = reader else { return pieces.append(Data(text.utf8)) }
        reader = nil
        waiting.resume(returning: Data(text.utf8))
    }

    func finish() {
        isFinished = true
        reader?.resume(returning: nil)
        reader = nil
    }
}
