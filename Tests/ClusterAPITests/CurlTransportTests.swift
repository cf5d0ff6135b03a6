import ClusterAPI
import FoundationEssentials
import Glibc
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CurlTransportTests {
    private func serving(_ handler: @escaping LittleServer.Handler, _ body: (LittleServer, CurlTransport) async throws -> Void) async throws {
        let server = try LittleServer(handler)
        defer { server.stop() }
        let transport = try CurlTransport(endpoint: server.endpoint, token: "secret")
        try await body(server, transport)
        await transport.shutdown()
    }

    private func poll(_ what: String, until met: () -> Bool) async throws {
        for _ in 0..<500 {
            if met() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("never seen: \(what)")
    }

    @Test("a request carries method, target, headers, token and body, and the answer comes back whole")
    func roundTrip() async throws {
        try await serving { request, reply in
            let body = String(decoding: request.body, as: UTF8.self)
            let seen = "X-Seen: \(request.headers["authorization"] ?? "") \(request.headers["idempotency-key"] ?? "")\r\n"
            reply.answer("\(request.method) \(request.target) \(body) \(request.headers["content-type"] ?? "")", status: 201, headers: seen)
        } _: { _, transport in
            let answer = try await transport.send(
                HTTPRequest(method: .post, target: "/v1/x?y=%20", headers: [("Idempotency-Key", "k")], body: .bytes(Data("{}".utf8))))
            #expect(answer.status == 201)
            #expect(answer.headers["x-seen"] == "Bearer secret k")
            #expect(String(decoding: answer.body, as: UTF8.self) == "POST /v1/x?y=%20 {} application/json")
            let put = try await transport.send(HTTPRequest(method: .put, target: "/p", body: .bytes(Data())))
            #expect(String(decoding: put.body, as: UTF8.self) == "PUT /p  application/json")
            let empty = try await transport.send(HTTPRequest(method: .post, target: "/p"))
            #expect(String(decoding: empty.body, as: UTF8.self) == "POST /p  ")
            let gone = try await transport.send(HTTPRequest(method: .delete, target: "/p"))
            #expect(String(decoding: gone.body, as: UTF8.self) == "DELETE /p  ")
        }
    }

    @Test("requests one after another use one connection, and one that the server closed meanwhile is replaced unseen")
    func connectionsAreKept() async throws {
        try await serving { request, reply in
            reply.answer("\(request.connection)")
            if request.target == "/last" { shutdown(reply.socket, Int32(SHUT_RDWR)) }
        } _: { server, transport in
            for _ in 0..<5 { _ = try await transport.send(HTTPRequest(method: .get, target: "/")) }
            #expect(server.connectionsAccepted == 1)
            _ = try await transport.send(HTTPRequest(method: .get, target: "/last"))
            let answer = try await transport.send(HTTPRequest(method: .post, target: "/", body: .bytes(Data("x".utf8))))
            #expect(answer.status == 200)
            #expect(server.connectionsAccepted == 2)
        }
    }

    @Test("five hundred requests are held at once, and each gets its own answer")
    func manyHeldAtOnce() async throws {
        let gate = Gate()
        try await serving { request, reply in
            gate.arrive()
            gate.waitUntilOpen()
            reply.answer(request.target)
        } _: { _, transport in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let answer = try await transport.send(HTTPRequest(method: .get, target: "/\(number)"))
                        return String(decoding: answer.body, as: UTF8.self) == "/\(number)"
                    }
                }
                try await poll("500 requests at the server") { gate.arrived == 500 }
                gate.open()
                for try await same in group { #expect(same) }
            }
        }
    }

    @Test("a redirect is an answer and is not followed")
    func redirect() async throws {
        try await serving { request, reply in
            reply.answer(request.target, status: 302, headers: "Location: /elsewhere\r\n")
        } _: { server, transport in
            let answer = try await transport.send(HTTPRequest(method: .get, target: "/here"))
            #expect(answer.status == 302)
            #expect(String(decoding: answer.body, as: UTF8.self) == "/here")
        }
    }

    @Test("an answer over the limit is refused, with and without a length in its head", arguments: [true, false])
    func tooLarge(length: Bool) async throws {
        try await serving { _, reply in
            let body = String(repeating: "a", count: 4096)
            if length {
                reply.answer(body)
            } else {
                reply.write("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n\(body)\r\n0\r\n\r\n")
            }
        } _: { _, transport in
            await #expect(throws: TransportError.answerTooLarge(limit: 1000)) {
                try await transport.send(HTTPRequest(method: .get, target: "/", maximumAnswer: 1000))
            }
        }
    }

    @Test("no answer in time, a silent stream, nobody listening and a broken answer are told apart")
    func failures() async throws {
        let server = try LittleServer { request, reply in
            switch request.target {
            case "/broken": reply.write("HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nabc")
            case "/silent": reply.write("HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nabc"); reply.waitForEnd()
            default: reply.waitForEnd()
            }
            shutdown(reply.socket, Int32(SHUT_RDWR))
        }
        let transport = try CurlTransport(endpoint: server.endpoint + "/")
        let endpoint = server.endpoint
        await #expect(throws: TransportError.timedOut(endpoint: endpoint)) {
            try await transport.send(HTTPRequest(method: .get, target: "/slow", timeout: .milliseconds(50)))
        }
        await #expect(throws: TransportError.unreachable(endpoint: endpoint, why: "the connection was closed before the answer was whole")) {
            try await transport.send(HTTPRequest(method: .get, target: "/broken"))
        }
        let (answer, body) = try await transport.stream(HTTPRequest(method: .get, target: "/silent", timeout: .milliseconds(500)))
        #expect(answer.status == 200)
        var seen = Data()
        await #expect(throws: TransportError.timedOut(endpoint: endpoint)) { for try await piece in body { seen.append(piece) } }
        #expect(seen == Data("abc".utf8))
        server.stop()
        await #expect(throws: TransportError.unreachable(endpoint: endpoint, why: "connection refused")) {
            try await transport.send(HTTPRequest(method: .get, target: "/"))
        }
    }

    @Test(
        "what is no http URL is refused before anything is sent",
        arguments: [
            "", "127.0.0.1:7480", "ftp://host", "file:///etc/passwd", "http://", "http://user:word@host", "http://host/?a=b", "http://ho st",
            "http://host:99999",
            "http://host\r\nX: y",
        ])
    func invalidEndpoint(text: String) {
        #expect(throws: TransportError.invalidEndpoint(text)) { try CurlTransport(endpoint: text) }
    }

    @Test("a header that would break out of its line is not sent")
    func headerInjection() async throws {
        try await serving { _, reply in
            reply.answer()
        } _: { server, transport in
            await #expect(throws: TransportError.self) {
                try await transport.send(HTTPRequest(method: .get, target: "/", headers: [("A", "b\r\nC: d")]))
            }
            #expect(server.connectionsAccepted == 0)
        }
    }

    @Test("a slow reader holds the sender back, and loses no byte")
    func downloadBackpressure() async throws {
        let total = 64 << 20
        let sent = Atomic<Int>(0)
        let piece = Data((0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        let server = try LittleServer { _, reply in
            reply.write("HTTP/1.1 200 X\r\nContent-Length: \(total)\r\n\r\n")
            for _ in 0..<(total / piece.count) { if reply.write(piece) { sent.add(piece.count, ordering: .relaxed) } }
        }
        defer { server.stop() }
        let transport = try CurlTransport(endpoint: server.endpoint)
        let (_, body) = try await transport.stream(HTTPRequest(method: .get, target: "/", timeout: .seconds(1)))
        var iterator = body.makeAsyncIterator()
        var received = try #require(try await iterator.next()).count
        // Longer than the silence that is allowed: a reader's own pause is none.
        try await Task.sleep(for: .milliseconds(1300))
        #expect(sent.load(ordering: .relaxed) < total)
        while let piece = try await iterator.next() {
            #expect(piece.first == UInt8(truncatingIfNeeded: (received % 65536) &* 7))
            received += piece.count
        }
        #expect(received == total)
    }

    @Test("a body that comes in pieces is sent as it comes, and asks for no piece before the last was sent")
    func uploadStream() async throws {
        try await serving { request, reply in
            reply.answer("\(request.headers["transfer-encoding"] ?? "") \(String(decoding: request.body, as: UTF8.self))")
        } _: { _, transport in
            let pieces = Mutex(["one ", "", "two ", "three"])
            let answer = try await transport.send(
                HTTPRequest(
                    method: .post, target: "/",
                    body: .stream {
                        try await Task.sleep(for: .milliseconds(5))
                        return pieces.withLock { $0.isEmpty ? nil : Data($0.removeFirst().utf8) }
                    }))
            #expect(String(decoding: answer.body, as: UTF8.self) == "chunked one two three")
        }
    }

    @Test("a body that fails half way ends the request with its error")
    func uploadStreamFails() async throws {
        struct Broken: Error {}
        let count = Mutex(0)
        try await serving { _, reply in
            reply.answer()
        } _: { _, transport in
            await #expect(throws: Broken.self) {
                try await transport.send(
                    HTTPRequest(
                        method: .post, target: "/",
                        body: .stream {
                            guard
                                count.withLock({
                                    $0 += 1; return $0
                                }) < 3
                            else { throw Broken() }
                            return Data(repeating: 1, count: 100_000)
                        }))
            }
        }
    }

    @Test("a file is sent with its length, and one that can't be read is named")
    func uploadFile() async throws {
        try await serving { request, reply in
            reply.answer("\(request.headers["content-length"] ?? "") \(checksum(request.body))")
        } _: { _, transport in
            let contents = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0) })
            var path = Array("/tmp/berth-upload-XXXXXX".utf8CString)
            let descriptor = mkstemp(&path)
            let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            defer { unlink(name) }
            #expect(contents.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == contents.count)
            close(descriptor)
            let answer = try await transport.send(HTTPRequest(method: .post, target: "/", body: .file(path: name)))
            #expect(String(decoding: answer.body, as: UTF8.self) == "3000000 \(checksum(contents))")
            await #expect(throws: UnreadableFile.self) {
                try await transport.send(HTTPRequest(method: .post, target: "/", body: .file(path: name + ".absent")))
            }
        }
    }

    @Test("a refusal that comes before the body was read is the answer")
    func earlyRefusal() async throws {
        let early = try LittleServer(readsBodies: false) { _, reply in
            reply.answer("too large", status: 413, headers: "Connection: close\r\n")
            shutdown(reply.socket, Int32(SHUT_WR))
            reply.waitForEnd()
        }
        defer { early.stop() }
        let transport = try CurlTransport(endpoint: early.endpoint)
        let answer = try await transport.send(HTTPRequest(method: .post, target: "/", body: .stream { Data(repeating: 0, count: 1 << 20) }))
        #expect(answer.status == 413)
    }

    @Test("cancelling the task ends the transfer, whole or streamed, and so does dropping the stream")
    func cancellation() async throws {
        let ended = Atomic<Int>(0)
        let arrived = Atomic<Int>(0)
        let server = try LittleServer { request, reply in
            if request.target == "/stream" { reply.write("HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\na") }
            arrived.add(1, ordering: .relaxed)
            reply.waitForEnd()
            ended.add(1, ordering: .relaxed)
        }
        defer { server.stop() }
        let transport = try CurlTransport(endpoint: server.endpoint)
        let whole = Task { try await transport.send(HTTPRequest(method: .get, target: "/whole")) }
        let streamed = Task {
            let (_, body) = try await transport.stream(HTTPRequest(method: .get, target: "/stream"))
            for try await _ in body {}
        }
        try await poll("both requests") { arrived.load(ordering: .relaxed) == 2 }
        whole.cancel()
        streamed.cancel()
        await #expect(throws: CancellationError.self) { try await whole.value }
        _ = await streamed.result
        try await poll("both connections closed") { ended.load(ordering: .relaxed) == 2 }
        do {
            let (answer, _) = try await transport.stream(HTTPRequest(method: .get, target: "/stream"))
            #expect(answer.status == 200)
        }
        try await poll("the dropped stream's connection closed") { ended.load(ordering: .relaxed) == 3 }
        let already = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await transport.send(HTTPRequest(method: .get, target: "/whole"))
        }
        await #expect(throws: CancellationError.self) { try await already.value }
    }

    @Test("a shutdown ends what is under way, and later requests are refused")
    func shuttingDown() async throws {
        let arrived = Atomic<Int>(0)
        let server = try LittleServer { _, reply in
            arrived.add(1, ordering: .relaxed)
            reply.waitForEnd()
        }
        defer { server.stop() }
        let transport = try CurlTransport(endpoint: server.endpoint)
        let held = Task { try await transport.send(HTTPRequest(method: .get, target: "/")) }
        try await poll("the request") { arrived.load(ordering: .relaxed) == 1 }
        await transport.shutdown()
        let refusal = TransportError.unreachable(endpoint: server.endpoint, why: "the client was shut down")
        await #expect(throws: refusal) { try await held.value }
        await #expect(throws: refusal) { try await transport.send(HTTPRequest(method: .get, target: "/")) }
        await transport.shutdown()
    }
}

private func checksum(_ data: Data) -> Int {
    var sum = 0
    for byte in data { sum = (sum &* 31 &+ Int(byte)) % 1_000_003 }
    return sum
}

/// Lets threads wait for a test.
private final class Gate: Sendable {
    private let count = Atomic<Int>(0)
    private let isOpen = Atomic<Bool>(false)
    var arrived: Int { count.load(ordering: .relaxed) }
    func arrive() { count.add(1, ordering: .relaxed) }
    func open() { isOpen.store(true, ordering: .relaxed) }
    func waitUntilOpen() { while !isOpen.load(ordering: .relaxed) { usleep(2000) } }
}
