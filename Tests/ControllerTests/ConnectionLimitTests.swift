import ClusterAPI
import ClusterModel
import Controller
import Foundation
import Glibc
import Testing

@Suite("nobody keeps the controller waiting for long")
struct ConnectionLimitTests {
    private static let short = RunningController.calm + "connections: {head: 300ms, body: 1500ms, stall: 800ms, idle: 500ms}\n"

    @Test(
        "a head that does not come to its end gets 408 and is closed", arguments: ["", "GET /livez HTTP/1.1\r\nHost: a\r\n", "G"])
    func slowHead(start: String) async throws {
        try await RunningController.run(Self.short) { controller in
            let line = try PlainConnection(controller.endpoint)
            line.write(start)
            let answer = await line.untilEnd()
            #expect(answer.hasPrefix("HTTP/1.1 408") && answer.contains(#""code":"timeout""#), "\(answer)")
        }
    }

    @Test("a head that drips in is not saved by its dripping")
    func drippingHead() async throws {
        try await RunningController.run(Self.short) { controller in
            let line = try PlainConnection(controller.endpoint)
            line.write("GET /livez HTTP/1.1\r\n")
            let drip = Task {
                while !Task.isCancelled {
                    line.write("X-A: b\r\n")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            defer { drip.cancel() }
            #expect(await line.untilEnd().hasPrefix("HTTP/1.1 408"))
        }
    }

    @Test("a body that stops, and one that drips for ever, get 408")
    func slowBody() async throws {
        try await RunningController.run(Self.short) { controller in
            let head = "POST /v1/instances HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n{"
            let stopped = try PlainConnection(controller.endpoint)
            stopped.write(head)
            #expect(await stopped.untilEnd().hasPrefix("HTTP/1.1 408"))
            let dripping = try PlainConnection(controller.endpoint)
            dripping.write(head)
            let drip = Task {
                while !Task.isCancelled {
                    dripping.write(" ")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            defer { drip.cancel() }
            #expect(await dripping.untilEnd().hasPrefix("HTTP/1.1 408"))
        }
    }

    @Test("an image may take as long as it keeps coming, and is given up when it stops")
    func slowImage() async throws {
        let limits = "connections: {head: 20s, body: 300ms, stall: 4s, idle: 20s}\n"
        try await RunningController.run(RunningController.calm + limits) { controller in
            let head = "POST /v1/images?name=slow&format=raw HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 20\r\n\r\n"
            let steady = try PlainConnection(controller.endpoint)
            steady.write(head)
            for _ in 0..<20 {
                steady.write("x")
                try await Task.sleep(for: .milliseconds(50))
            }
            let answer = await steady.untilEnd()
            #expect(answer.hasPrefix("HTTP/1.1 201"), "\(answer)")
            let stopped = try PlainConnection(controller.endpoint)
            stopped.write(head + "x")
            #expect(await stopped.untilEnd().hasPrefix("HTTP/1.1 408"))
        }
    }

    @Test("between requests a connection is kept for a while and closed without a word")
    func idle() async throws {
        try await RunningController.run(Self.short) { controller in
            let line = try PlainConnection(controller.endpoint)
            line.write("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            try await Task.sleep(for: .milliseconds(250))
            line.write("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            let answers = await line.untilEnd()
            #expect(answers.components(separatedBy: "HTTP/1.1 200 OK").count == 3 && !answers.contains("408"), "\(answers)")
        }
    }

    @Test("what waits for us is not hurried: a held sync, a watch and a silent console outlive every limit")
    func patient() async throws {
        let configuration =
            "heartbeat: {interval: 2s, suspectAfter: 60s, lostAfter: 120s}\nconnections: {head: 300ms, body: 600ms, stall: 300ms, idle: 300ms}\n"
        try await RunningController.run(configuration) { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            try await controller.launch("web")
            try await node.obey()
            var reader = try await WatchReader(controller, "/v1/instances?watch=1")
            let opened: OpenStreamAnswer = try await controller.post("/v1/instances/web/streams", OpenStreamRequest(source: .console))
            let typed = PlainTyping()
            let console = Task {
                _ = try await controller.transport.send(
                    HTTPRequest(
                        method: .post, target: "/v1/streams/\(opened.id)/input", body: .stream { await typed.next() }, timeout: .seconds(20)))
            }
            var held = node
            // The first tells of the console, and is not held.
            try await held.sync()
            let began = ContinuousClock.now
            _ = try await held.sync(hold: Milliseconds(seconds: 2))
            #expect(ContinuousClock.now - began > .seconds(1.5))
            // Into the stream from the node's side: what was typed after a silence longer than every limit.
            let (answer, input) = try await controller.transport.stream(
                HTTPRequest(method: .get, target: "/v1/nodes/\(node.id)/streams/\(opened.id)/input", timeout: .seconds(20)))
            #expect(answer.status == 200)
            await typed.type("hello")
            var iterator = input.makeAsyncIterator()
            #expect(try await iterator.next() == Data("hello".utf8))
            await typed.end()
            _ = try await console.value
            try await controller.launch("late")
            #expect(try await reader.next() != nil)
        }
    }

    @Test("one connection more than there may be waits until another ends")
    func connections() async throws {
        try await RunningController.run(RunningController.calm + "connections: {most: 3}\n") { controller in
            var lines = try (0..<3).map { _ in try PlainConnection(controller.endpoint) }
            for line in lines {
                line.write("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await line.read().hasPrefix("HTTP/1.1 200"))
            }
            let fourth = try PlainConnection(controller.endpoint)
            fourth.write("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await fourth.read(within: 300).isEmpty)
            lines.removeFirst()
            #expect(await fourth.read(within: 10_000).hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("times and numbers that make no sense are refused", arguments: ["{head: 1ms}", "{most: 0}", "{idle: 2h}", "{nosuch: 1}"])
    func refused(limits: String) {
        #expect(throws: (any Error).self) {
            try ControllerConfiguration(text: "dataDirectory: /tmp/x\nconnections: \(limits)\n", file: "c.yaml")
        }
    }
}

private actor PlainTyping {
    private var typed: [Data?] = []
    private var waiting: CheckedContinuation<Data?, Never>?

    func next() async -> Data? {
        if !typed.isEmpty { return typed.removeFirst() }
        return await withCheckedContinuation { waiting = $0 }
    }

    func type(_ text: String) { give(Data(text.utf8)) }
    func end() { give(nil) }

    private func give(_ data: Data?) {
        guard let waiting else { return typed.append(data) }
        self.waiting = nil
        waiting.resume(returning: data)
    }
}

/// A socket that says what it is told to, however wrong that is.
private final class PlainConnection: Sendable {
    private let descriptor: Int32

    init(_ endpoint: String) throws {
        let port = try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) })
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        try #require(connected == 0)
    }

    deinit { close(descriptor) }

    func write(_ text: String) { _ = text.withCString { send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) } }

    /// What comes within the time, once; empty at the end.
    func read(within milliseconds: Int32 = 10_000) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                var buffer = [UInt8](repeating: 0, count: 65536)
                var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                let count = Glibc.poll(&poll, 1, milliseconds) > 0 ? recv(descriptor, &buffer, buffer.count, 0) : 0
                continuation.resume(returning: String(decoding: buffer.prefix(max(0, count)), as: UTF8.self))
            }
        }
    }

    func untilEnd() async -> String {
        var whole = ""
        while true {
            let piece = await read()
            if piece.isEmpty { return whole }
            whole += piece
        }
    }
}
