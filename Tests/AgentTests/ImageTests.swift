import Agent
import ClusterAPI
import ClusterModel
import Foundation
import Synchronization
import Testing

@Suite("images on a node")
struct ImageTests {
    private func tar(_ members: [(String, Data)]) -> Data {
        members.reduce(Data()) {
            $0 + LinuxImage.header(name: $1.0, size: $1.1.count) + $1.1 + LinuxImage.padding(after: $1.1.count)
        } + Data(count: 1024)
    }

    private let kernel = Data(repeating: 1, count: 700)
    private let initrd = Data(repeating: 2, count: 512)

    private func cache(_ scratch: Scratch, _ transport: any Transport, limit: MiB = MiB(100), inUse: Set<Digest> = []) -> ImageCache {
        ImageCache(root: scratch.file("images"), limit: limit, transport: transport, logger: quiet, inUse: { inUse })
    }

    @Test("a linux image is fetched once, however many wait for it, and unpacked whole")
    func fetch() async throws {
        let scratch = try Scratch()
        let content = tar([("kernel", kernel), ("initrd", initrd)])
        let transport = CountingTransport(content: content)
        let cache = cache(scratch, transport)
        let image = TinyGuest.reference(content, .linux)
        #expect(cache.cached(image) == nil)
        let fetched = try await withThrowingTaskGroup(of: CachedImage.self) { group in
            for _ in 0..<20 { group.addTask { try await cache.fetch(image) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(fetched.count == 1)
        #expect(transport.requests == 1)
        guard case .linux(let kernelPath, let initrdPath) = try #require(fetched.first) else { return }
        #expect(try Data(contentsOf: URL(filePath: kernelPath)) == kernel)
        #expect(try Data(contentsOf: URL(filePath: initrdPath)) == initrd)
    }

    @Test("a fetch that nobody waits for any more is given up, and one that somebody waits for is not", .timeLimit(.minutes(1)))
    func givenUp() async throws {
        let scratch = try Scratch()
        let transport = EndlessTransport()
        let cache = cache(scratch, transport)
        let image = TinyGuest.reference(kernel, .raw)
        let waiters = (0..<2).map { _ in Task { try await cache.fetch(image) } }
        _ = try await eventually("the download began") { (transport.state.withLock { $0.began } == 1).orNil }
        waiters[0].cancel()
        await #expect(throws: WorkFailure.self) { try await waiters[0].value }
        #expect(transport.state.withLock { $0.ended } == 0)
        waiters[1].cancel()
        await #expect(throws: WorkFailure.self) { try await waiters[1].value }
        _ = try await eventually("the download ended") { (transport.state.withLock { $0.ended } == 1).orNil }
        _ = try await eventually("nothing of it stays") { try FileManager.default.contentsOfDirectory(atPath: scratch.file("images")).isEmpty.orNil }
    }

    @Test("a source that lies about size or digest is refused by name, and nothing of it stays")
    func lies() async throws {
        let scratch = try Scratch()
        let content = tar([("kernel", kernel), ("initrd", initrd)])
        var short = TinyGuest.reference(content, .linux)
        short.bytes -= 1
        var long = TinyGuest.reference(content, .linux)
        long.bytes += 1
        var other = TinyGuest.reference(content, .linux)
        other.digest = TinyGuest.reference(kernel, .linux).digest
        for (image, word) in [(short, "is larger than"), (long, "was cut short"), (other, "has SHA-256")] {
            let failure = await #expect(throws: WorkFailure.self) { try await cache(scratch, ImageTransport(content: content)).fetch(image) }
            #expect(failure?.description.contains(word) == true, "\(failure?.description ?? "")")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("images")) == [])
    }

    @Test("an archive of anything but a kernel and an initrd is refused")
    func archives() async throws {
        var damaged = tar([("kernel", kernel), ("initrd", initrd)])
        damaged[130] ^= 1
        let wrong: [(Data, String)] = [
            (tar([("kernel", kernel)]), "has no member “initrd”"),
            (tar([("kernel", kernel), ("kernel", kernel), ("initrd", initrd)]), "twice"),
            (tar([("../kernel", kernel), ("initrd", initrd)]), "nothing but the files"),
            (tar([("kernel", kernel), ("initrd", initrd), ("extra", initrd)]), "nothing but the files"),
            (damaged, "no tar archive"),
            (Data("no archive".utf8), "cut short"),
            (tar([("kernel", kernel), ("initrd", initrd)]).prefix(800), "cut short"),
        ]
        for (content, word) in wrong {
            let scratch = try Scratch()
            let data = Data(content)
            let failure = await #expect(throws: WorkFailure.self) {
                try await cache(scratch, ImageTransport(content: data)).fetch(TinyGuest.reference(data, .linux))
            }
            #expect(failure?.description.contains(word) == true, "\(failure?.description ?? "")")
            #expect(failure?.isLasting == true)
        }
    }

    @Test("beyond the cache's limit the least recently used goes, but none that an instance is made from")
    func eviction() async throws {
        let scratch = try Scratch()
        let contents = (0..<4).map { Data(repeating: UInt8($0), count: 600 << 10) }
        let images = contents.map { TinyGuest.reference($0, .raw) }
        for (content, image) in zip(contents, images) {
            _ = try await cache(scratch, ImageTransport(content: content), limit: MiB(1), inUse: [images[0].digest]).fetch(image)
        }
        let left = cache(scratch, ImageTransport(content: Data()))
        #expect(images.map { left.cached($0) != nil } == [true, false, false, true])
    }

    @Test("an overlay is one that qemu-img finds no fault with", arguments: [1 << 20, 700 << 20, 3 << 40])
    func overlay(size: Int64) throws {
        let scratch = try Scratch()
        let backing = scratch.file("base.raw")
        try Data(count: 65536).write(to: URL(filePath: backing))
        let path = scratch.file("disk.qcow2")
        try QCOW2.overlay(on: backing, format: .raw, virtualBytes: size).write(to: URL(filePath: path))
        #expect(try run("/usr/bin/qemu-img", "check", "-q", path).status == 0)
        let info = try run("/usr/bin/qemu-img", "info", "--output=json", path).output
        #expect(info.contains("\"virtual-size\": \(size)"))
        #expect(info.contains("\"backing-filename-format\": \"raw\""))
        #expect(info.contains("\"backing-filename\": \"\(backing)\""))
    }

    @Test("a download that breaks off goes on where it was, and is whole", arguments: [1, 1023, 700_000])
    func resumed(piece: Int) async throws {
        let scratch = try Scratch()
        let content = Data((0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) })
        let transport = BreakingTransport(content: content, first: piece)
        let image = TinyGuest.reference(content, .raw)
        guard case .disk(let path, _, let bytes) = try await cache(scratch, transport).fetch(image) else { throw NeverHappened(what: "a disk") }
        #expect(bytes == 1_500_000)
        #expect(try Data(contentsOf: URL(filePath: path)) == content)
        #expect(transport.ranges.withLock { $0 } == [nil, "bytes=\(piece)-"])
    }

    @Test("a controller that does not know how to go on gives all of it again")
    func begunAnew() async throws {
        let scratch = try Scratch()
        let content = Data(repeating: 9, count: 300_000)
        let transport = BreakingTransport(content: content, first: 1000, knowsRanges: false)
        _ = try await cache(scratch, transport).fetch(TinyGuest.reference(content, .raw))
        #expect(transport.ranges.withLock { $0.count } == 2)
    }

    private func run(_ program: String, _ arguments: String...) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}

private final class EndlessTransport: Transport {
    let state = Mutex((began: 0, ended: 0))

    func send(_ request: HTTPRequest) async throws -> HTTPAnswer { throw TransportError.timedOut(endpoint: "test") }

    func stream(_ request: HTTPRequest) async throws -> (HTTPAnswer, AsyncThrowingStream<Data, any Error>) {
        state.withLock { $0.began += 1 }
        let body = AsyncThrowingStream<Data, any Error> { continuation in
            continuation.yield(Data([1]))
            continuation.onTermination = { _ in self.state.withLock { $0.ended += 1 } }
        }
        return (HTTPAnswer(status: 200, headers: [:], body: Data()), body)
    }
}

/// Breaks the first answer off after some bytes.
private final class BreakingTransport: Transport {
    let ranges = Mutex<[String?]>([])
    private let content: Data
    private let first: Int
    private let knowsRanges: Bool

    init(content: Data, first: Int, knowsRanges: Bool = true) {
        self.content = content
        self.first = first
        self.knowsRanges = knowsRanges
    }

    func send(_ request: HTTPRequest) async throws -> HTTPAnswer { throw TransportError.timedOut(endpoint: "test") }

    func stream(_ request: HTTPRequest) async throws -> (HTTPAnswer, AsyncThrowingStream<Data, any Error>) {
        let range = request.headers.first { $0.0 == "Range" }?.1
        let isFirst = ranges.withLock { ranges in
            ranges.append(range)
            return ranges.count == 1
        }
        let start = knowsRanges ? range.flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0 : 0
        let piece = isFirst ? Data(content.prefix(first)) : Data(content[start...])
        let headers = start > 0 ? ["content-range": "bytes \(start)-\(content.count - 1)/\(content.count)"] : [:]
        let body = AsyncThrowingStream<Data, any Error> { continuation in
            continuation.yield(piece)
            continuation.finish(throwing: isFirst ? TransportError.unreachable(endpoint: "test", why: "the cable was pulled") : nil)
        }
        return (HTTPAnswer(status: start > 0 ? 206 : 200, headers: headers, body: Data()), body)
    }
}

private final class CountingTransport: Transport {
    private let inner: ImageTransport
    private let count = Mutex(0)

    init(content: Data) { inner = ImageTransport(content: content) }

    var requests: Int { count.withLock { $0 } }

    func send(_ request: HTTPRequest) async throws -> HTTPAnswer { try await inner.send(request) }

    func stream(_ request: HTTPRequest) async throws -> (HTTPAnswer, AsyncThrowingStream<Data, any Error>) {
        count.withLock { $0 += 1 }
        try await Task.sleep(for: .milliseconds(20))
        return try await inner.stream(request)
    }
}
