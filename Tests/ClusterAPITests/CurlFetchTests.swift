import ClusterAPI
import Foundation
import Synchronization
import Testing

@Suite("files from URLs that somebody gave")
struct CurlFetchTests {
    private func fetch(_ url: String, limit: Int64 = 10 << 20, allowsPrivate: Bool = true, into sink: Collected = Collected()) async throws -> Data {
        var fetch = CurlFetch(bytesLimit: limit)
        fetch.allowsPrivate = allowsPrivate
        fetch.pause = .milliseconds(1)
        try await fetch.run(url, into: sink)
        return sink.bytes
    }

    private let content = Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 13 >> 2) })

    /// Serves the content by range under a tag, and breaks each answer off after `piece` bytes.
    private func breaking(every piece: Int, tag: @escaping @Sendable (Int) -> String = { _ in "\"v1\"" }) throws -> (LittleServer, Mutexed<[String]>)
    {
        let content = content
        let asked = Mutexed<[String]>([])
        let server = try LittleServer { request, reply in
            let range = request.headers["range"]
            let number = asked.with {
                $0.append(range ?? "all")
                return $0.count
            }
            let current = tag(number)
            var start = range.flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
            if request.headers["if-range"] != current { start = 0 }
            let rest = Data(content[start...])
            let status = start > 0 ? "206 Partial Content" : "200 OK"
            let contentRange = start > 0 ? "Content-Range: bytes \(start)-\(content.count - 1)/\(content.count)\r\n" : ""
            reply.write("HTTP/1.1 \(status)\r\nETag: \(current)\r\n\(contentRange)Content-Length: \(rest.count)\r\nConnection: close\r\n\r\n")
            reply.write(Data(rest.prefix(piece)))
            shutdown(reply.socket, Int32(SHUT_RDWR))
        }
        return (server, asked)
    }

    @Test("broken off again and again, it goes on where it was", arguments: [40_001, 50_000, 199_999])
    func resumed(piece: Int) async throws {
        let (server, asked) = try breaking(every: piece)
        defer { server.stop() }
        #expect(try await fetch(server.endpoint + "/image") == content)
        let expected = ["all"] + stride(from: piece, to: content.count, by: piece).map { "bytes=\($0)-" }
        #expect(asked.value == expected)
    }

    @Test("cut once after any byte of the answer, head or body, it comes whole", .timeLimit(.minutes(1)))
    func anyByte() async throws {
        let content = Data(content.prefix(100))
        let asked = Mutexed<[String: Int]>([:])
        let server = try LittleServer { request, reply in
            let path = request.target
            let isFirst = asked.with {
                $0[path, default: 0] += 1
                return $0[path] == 1
            }
            let start = request.headers["range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
            let rest = content[start...]
            let status = start > 0 ? "206 Partial Content\r\nContent-Range: bytes \(start)-99/100" : "200 OK"
            let head = "HTTP/1.1 \(status)\r\nETag: \"v1\"\r\nContent-Length: \(rest.count)\r\nConnection: close\r\n\r\n"
            let answer = Data(head.utf8) + rest
            reply.write(isFirst ? answer.prefix(Int(path.dropFirst()) ?? 0) : answer)
            shutdown(reply.socket, Int32(SHUT_RDWR))
        }
        defer { server.stop() }
        for cut in 0..<170 { #expect(try await fetch("\(server.endpoint)/\(cut)") == content, "cut after \(cut) bytes") }
    }

    @Test("a file that has changed meanwhile is begun anew")
    func changed() async throws {
        let (server, asked) = try breaking(every: 150_000) { $0 == 1 ? "\"v1\"" : "\"v2\"" }
        defer { server.stop() }
        let sink = Collected()
        #expect(try await fetch(server.endpoint + "/image", into: sink) == content)
        #expect(sink.beginnings == 2)
        #expect(asked.value.count == 3)
    }

    @Test("a source that breaks off every time is given up")
    func givenUp() async throws {
        let (server, asked) = try breaking(every: 10)
        defer { server.stop() }
        let failure = await #expect(throws: FetchError.self) { try await fetch(server.endpoint + "/image") }
        #expect(failure.map { "\($0)".hasPrefix("the download broke off: ") } == true)
        #expect(asked.value.count == 6)
    }

    @Test("no address inside is connected to, neither at once nor after a redirect nor under another spelling")
    func inside() async throws {
        let server = try LittleServer { _, reply in reply.answer("secret") }
        defer { server.stop() }
        for host in ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"] {
            let failure = await #expect(throws: FetchError.self) { try await fetch("http://\(host):\(server.port)/", allowsPrivate: false) }
            guard case .privateAddress = failure else {
                Issue.record("\(host): \(failure.map { "\($0)" } ?? "nothing")")
                continue
            }
        }
        #expect(server.connectionsAccepted == 0)
    }

    @Test("which addresses are public")
    func addresses() {
        let outside: [[UInt8]] = [[1, 1, 1, 1], [8, 8, 8, 8], [100, 63, 0, 1], [172, 32, 0, 1], [192, 167, 1, 1], [223, 255, 255, 255]]
        let inside: [[UInt8]] = [
            [0, 0, 0, 0], [10, 1, 2, 3], [100, 64, 0, 1], [127, 9, 9, 9], [169, 254, 169, 254], [172, 16, 0, 1], [172, 31, 255, 255], [192, 0, 2, 1],
            [192, 168, 0, 1], [198, 18, 0, 1], [224, 0, 0, 1], [255, 255, 255, 255],
        ]
        for address in outside { #expect(PublicAddress.isPublic(ipv4: address), "\(address)") }
        for address in inside { #expect(!PublicAddress.isPublic(ipv4: address), "\(address)") }
        func v6(_ start: [UInt8], _ end: [UInt8] = []) -> [UInt8] { start + [UInt8](repeating: 0, count: 16 - start.count - end.count) + end }
        #expect(PublicAddress.isPublic(ipv6: v6([0x2A, 0x04, 0x4E, 0x42], [1])))
        #expect(PublicAddress.isPublic(ipv6: v6([0x20, 0x02, 8, 8, 8, 8])))
        for address in [
            v6([], [1]), v6([]), v6([0xFE, 0x80], [1]), v6([0xFC], [1]), v6([0xFF, 2], [1]), v6([0x20, 0x01, 0x0D, 0xB8], [1]),
            v6([0x20, 0x02, 10, 0, 0, 1]), v6([0, 0x64, 0xFF, 0x9B], [10, 0, 0, 1]), v6([], [0xFF, 0xFF, 127, 0, 0, 1]), v6([0x20, 0x01, 0, 0], [1]),
        ] { #expect(!PublicAddress.isPublic(ipv6: address), "\(address)") }
    }

    @Test("redirects are followed, and not for ever; not away from HTTP")
    func redirects() async throws {
        let server = try LittleServer { request, reply in
            switch request.target {
            case "/one": reply.answer("", status: 302, headers: "Location: /two\r\n")
            case "/two": reply.answer("found")
            case "/file": reply.answer("", status: 302, headers: "Location: file:///etc/passwd\r\n")
            default: reply.answer("", status: 302, headers: "Location: /round\r\n")
            }
        }
        defer { server.stop() }
        #expect(try await fetch(server.endpoint + "/one") == Data("found".utf8))
        await #expect(throws: FetchError.tooManyRedirects(5)) { try await fetch(server.endpoint + "/round") }
        await #expect(throws: FetchError.forbiddenProtocol) { try await fetch(server.endpoint + "/file") }
    }

    @Test("more bytes than are taken end it, whether they are announced or not")
    func tooLarge() async throws {
        let server = try LittleServer { request, reply in
            if request.target == "/announced" { return reply.answer(String(repeating: "x", count: 2000)) }
            reply.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while reply.write("400\r\n" + String(repeating: "x", count: 1024) + "\r\n") {}
        }
        defer { server.stop() }
        for path in ["/announced", "/endless"] {
            await #expect(throws: FetchError.tooLarge(limit: 1500)) { try await fetch(server.endpoint + path, limit: 1500) }
        }
    }

    @Test("an error page is no file, and a URL with a password no URL")
    func refused() async throws {
        let server = try LittleServer { _, reply in reply.answer("not here", status: 404) }
        defer { server.stop() }
        await #expect(throws: FetchError.status(404)) { try await fetch(server.endpoint + "/image") }
        await #expect(throws: FetchError.holdsPassword) { try await fetch("http://me:secret@127.0.0.1:\(server.port)/") }
        for url in ["", "ftp://a/b", "http://", "http://a b/", "/etc/passwd", "file:///etc/passwd"] {
            await #expect(throws: FetchError.invalidURL) { try await fetch(url) }
        }
    }

    @Test("cancelling ends it, and the source sees it", .timeLimit(.minutes(1)))
    func cancelled() async throws {
        let ended = Mutexed(false)
        let server = try LittleServer { _, reply in
            reply.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
            reply.waitForEnd()
            ended.with { $0 = true }
        }
        defer { server.stop() }
        let sink = Collected()
        let task = Task { try await fetch(server.endpoint + "/image", into: sink) }
        while sink.bytes.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        while !ended.value { try await Task.sleep(for: .milliseconds(5)) }
    }
}

private final class Collected: FetchSink {
    private let state = Mutex((bytes: Data(), beginnings: 0))
    var bytes: Data { state.withLock { $0.bytes } }
    var beginnings: Int { state.withLock { $0.beginnings } }
    func begin(total: Int64?) { state.withLock { $0 = (Data(), $0.beginnings + 1) } }
    func take(_ bytes: UnsafeRawBufferPointer) { state.withLock { $0.bytes.append(contentsOf: bytes) } }
}

private final class Mutexed<Value: Sendable>: Sendable {
    private let state: Mutex<Value>
    init(_ value: sending Value) { state = Mutex(value) }
    var value: Value { state.withLock { $0 } }
    func with<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { state.withLock { body(&$0) } }
}
