import ClusterAPI
import ClusterModel
import Foundation
import Testing

/// The events of a watch as they arrive, with the comments left out.
struct WatchReader {
    struct Message: Hashable, Sendable {
        var event = ""
        var id: Int64?
        var data = ""
    }

    private var pieces: AsyncThrowingStream<Data, any Error>.Iterator
    private var text = ""
    let status: Int

    init(_ controller: RunningController, _ target: String, headers: [(String, String)] = []) async throws {
        let (answer, stream) = try await controller.transport.stream(
            HTTPRequest(method: .get, target: target, headers: headers, timeout: .seconds(20)))
        status = answer.status
        pieces = stream.makeAsyncIterator()
    }

    mutating func next() async throws -> Message? {
        while true {
            while let end = text.range(of: "\n\n") {
                let block = text[..<end.lowerBound]
                text = String(text[end.upperBound...])
                var message = Message()
                for line in block.split(separator: "\n") {
                    if line.hasPrefix("event: ") { message.event = String(line.dropFirst(7)) }
                    if line.hasPrefix("id: ") { message.id = Int64(line.dropFirst(4)) }
                    if line.hasPrefix("data: ") { message.data = String(line.dropFirst(6)) }
                }
                if !message.event.isEmpty { return message }
            }
            guard let piece = try await pieces.next() else { return nil }
            text += String(decoding: piece, as: UTF8.self)
        }
    }
}

@Suite("a watch tells every change once")
struct WatchTests {
    @Test("from a list's revision on, nothing is lost and nothing repeated, while changes go on and the watch is broken off again and again")
    func resume() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1", cpus: 400, memory: 1 << 20)
            try await node.join()
            let list: Page<Instance> = try await controller.get("/v1/instances")
            async let launches: Void = { for number in 0..<40 { try await controller.launch("web\(number)") } }()
            var place = list.revision
            var seen: [Int64] = []
            var names: [String] = []
            while names.count < 40 {
                var reader = try await WatchReader(controller, "/v1/instances?watch=1", headers: [("Last-Event-ID", "\(place)")])
                for _ in 0..<7 where names.count < 40 {
                    let message = try #require(try await reader.next())
                    place = try #require(message.id)
                    seen.append(place)
                    names.append(try JSONDecoder().decode(Instance.self, from: Data(message.data.utf8)).name.text)
                }
            }
            try await launches
            #expect(names == (0..<40).map { "web\($0)" })
            #expect(seen == Set(seen).sorted())
        }
    }

    @Test("what ceases to match the filter is deleted, and what is deleted is deleted")
    func deletes() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            var reader = try await WatchReader(controller, "/v1/instances?watch=1&state=running&since=\(try await controller.revision())")
            let id = try await controller.launch("web").instances[0].id
            try await node.obey()
            let running = try #require(try await reader.next())
            #expect(running.event == "put" && running.data.contains("web"))
            let _: InstanceAnswer = try await controller.post("/v1/instances/web/stop", StopRequest())
            let gone = try #require(try await reader.next())
            #expect(gone.event == "delete")
            #expect(gone.data == #"{"id":"\#(id)"}"#)
        }
    }

    @Test("a place that is no longer kept, or never was, is 410: list again", arguments: ["1", "9223372036854775807"])
    func gone(place: String) async throws {
        try await RunningController.run("watch: {kept: 100}\n" + RunningController.calm) { controller in
            for number in 0..<120 { try await controller.importImage("image\(number)", bytes: Data("\(number)".utf8)) }
            let reply = try await controller.send(.get, "/v1/images?watch=1", headers: [("Last-Event-ID", place)])
            #expect(reply.status == 410)
            #expect(try reply.error.code == .gone)
        }
    }

    @Test("every list can be watched", arguments: ["instances", "nodes", "sizes", "images", "operations", "events"])
    func everyKind(list: String) async throws {
        try await RunningController.run { controller in
            let since = try await controller.revision()
            var reader = try await WatchReader(controller, "/v1/\(list)?watch=1&since=\(since)")
            #expect(reader.status == 200)
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            try await controller.importImage()
            let size = Size(name: try Name("own"), resources: Resources(cpu: MilliCPU(1000), memory: MiB(1), disk: MiB(1)))
            let _: Size = try await controller.post("/v1/sizes", size)
            try await controller.launch("web")
            let message = try #require(try await reader.next())
            #expect(message.event == "put")
            #expect(try #require(message.id) > since)
        }
    }

    @Test("a graceful stop ends watches and held syncs long before their time")
    func stop() async throws {
        let asked = try await RunningController.run("heartbeat: {interval: 120s, suspectAfter: 300s, lostAfter: 600s}\n") { controller in
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            let held = node
            Task {
                var held = held
                try await held.sync(hold: Milliseconds(seconds: 120))
            }
            var reader = try await WatchReader(controller, "/v1/instances?watch=1")
            Task { _ = try await reader.next() }
            try await Task.sleep(for: .milliseconds(200))
            return ContinuousClock.now
        }
        #expect(ContinuousClock.now - asked < .seconds(60))
    }
}

extension RunningController {
    func revision() async throws -> Int64 { try await get("/v1/cluster", as: ClusterView.self).revision }
}
