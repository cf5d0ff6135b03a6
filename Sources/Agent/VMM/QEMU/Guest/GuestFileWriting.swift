import ClusterModel
import FoundationEssentials

/// A file on its way into the guest: under a name of its own until all of it is there.
actor GuestFileWriting {
    private struct Begun {
        var temporary: String
        var target: String
        var handle: GuestFiles.Handle?
    }

    private let file: GuestFile
    private let files: GuestFiles
    private var reader = GuestFileFrame.Reader()
    private var begun: Begun?
    private var bytes: Int64 = 0
    private var isBusy = false
    private var isOver = false

    let end: AsyncStream<Data>
    private let tell: AsyncStream<Data>.Continuation

    init(_ file: GuestFile, _ files: GuestFiles) {
        self.file = file
        self.files = files
        (end, tell) = AsyncStream.makeStream(of: Data.self)
    }

    func take(_ data: Data) async {
        guard !isOver, !isBusy else { return }
        isBusy = true
        do throws(WorkFailure) {
            let frames: [GuestFileFrame]
            do { frames = try reader.take(data) } catch { throw WorkFailure("\(error)") }
            for frame in frames where !isOver {
                switch frame {
                case .piece(let data): try await add(data)
                case .end(let end): try await finish(end)
                }
            }
        } catch { say(GuestFileEnd(bytes: bytes, failure: "\(error)")) }
        isBusy = false
        if isOver { await clear() }
    }

    /// Nothing more will come. What has not ended by then is cut short.
    func abandon() async {
        say(GuestFileEnd(bytes: bytes, failure: "the copy was cut short; the guest's file is as it was"))
        if !isBusy { await clear() }
    }

    private func add(_ data: Data) async throws(WorkFailure) {
        let handle = try await handle()
        bytes += Int64(data.count)
        guard bytes <= GuestFile.bytesLimit else { throw WorkFailure("the file is larger than 64 GiB") }
        try await files.write(data, to: handle)
    }

    private func handle() async throws(WorkFailure) -> GuestFiles.Handle {
        if let handle = begun?.handle { return handle }
        let named = file.path
        // A link is written through, as by cp.
        let found = try await lines(files.run("readlink", "-f", named))
        guard found.hasPrefix("/"), let slash = found.lastIndex(of: "/") else { throw WorkFailure("the guest has no place for \(named)") }
        if (try? await files.run("test", "-d", found)) != nil {
            throw WorkFailure("\(Printable(named, limit: 300)) is a directory in the guest; end the path with / to copy into it")
        }
        // Readable for nobody else until it is whole.
        let temporary = try await lines(files.run("mktemp", "\(found[..<slash])/.berth-copy-XXXXXXXXXX"))
        guard temporary.hasPrefix("\(found[..<slash])/.berth-copy-") else { throw WorkFailure("the guest's mktemp gives no such name") }
        begun = Begun(temporary: temporary, target: found)
        let handle = try await files.open(temporary, mode: "wb")
        begun?.handle = handle
        return handle
    }

    private func lines(_ text: String) -> String { String(text.prefix { $0 != "\n" }) }

    private func finish(_ end: GuestFileEnd) async throws(WorkFailure) {
        let handle = try await handle()
        if let failure = end.failure { throw WorkFailure("the sender gave up: \(Printable(failure, limit: 200))") }
        guard end.bytes == bytes, let whole = begun else { throw WorkFailure("\(bytes) bytes came of \(end.bytes)") }
        try await files.flush(handle)
        begun?.handle = nil
        try await files.close(handle)
        _ = try await files.run("chmod", String(file.mode ?? 0o644, radix: 8), whole.temporary)
        guard !isOver else { return }
        _ = try await files.run("mv", "-f", "-T", whole.temporary, whole.target)
        begun = nil
        say(GuestFileEnd(bytes: bytes, mode: file.mode))
    }

    private func say(_ how: GuestFileEnd) {
        guard !isOver else { return }
        isOver = true
        tell.yield(GuestFileFrame.end(how).bytes)
        tell.finish()
    }

    /// Also where this task was cancelled.
    private func clear() async {
        guard let left = begun else { return }
        begun = nil
        let files = files
        await Task {
            if let handle = left.handle { try? await files.close(handle) }
            _ = try? await files.run("rm", "-f", left.temporary)
        }.value
    }
}

final class GuestFileTarget: ConsoleStream {
    private let writing: GuestFileWriting

    init(_ writing: GuestFileWriting) { self.writing = writing }

    func read() async -> Data? {
        var end = writing.end.makeAsyncIterator()
        return await end.next()
    }

    func write(_ data: Data) async throws { await writing.take(data) }
    func endInput() { close() }

    func close() {
        let writing = writing
        Task { await writing.abandon() }
    }
}
