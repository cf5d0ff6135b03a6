import FoundationEssentials
import Glibc
import Synchronization

/// A body that is read while it is sent: a file of known length, or pieces that come when they come.
final class CurlUpload: Sendable {
    enum Piece {
        case bytes(Int)
        /// Nothing yet; the transfer is resumed when there is.
        case later
        case failed(any Error)
    }

    private struct State {
        var descriptor: Int32 = -1
        var length: Int64?
        var offset: Int64 = 0
        var piece = Data()
        var ended = false
        var closed = false
        var paused = false
        var room: CheckedContinuation<Bool, Never>?
        var pump: Task<Void, Never>?
    }

    private enum Source: Sendable {
        case file(path: String)
        case stream(@Sendable () async throws -> Data?)
    }

    private let source: Source
    private let progress: (@Sendable (Int64, Int64) -> Void)?
    private let transfer: CurlTransfer.ID
    private let loop: CurlLoop
    private let state = Mutex(State())

    /// Nil for a body that needs no reading.
    init?(
        _ body: HTTPRequest.Body, progress: (@Sendable (Int64, Int64) -> Void)?, transfer: CurlTransfer.ID, loop: CurlLoop
    ) {
        switch body {
        case .none, .bytes: return nil
        case .file(let path): source = .file(path: path)
        case .stream(let next): source = .stream(next)
        }
        self.progress = progress
        self.transfer = transfer
        self.loop = loop
    }

    /// Known once opened, and only of a file.
    var length: Int64? { state.withLock { $0.length } }
    var isPaused: Bool { state.withLock { $0.paused } }

    func open() throws {
        switch source {
        case .file(let path):
            let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw UnreadableFile(path: path, errno: errno) }
            var facts = stat()
            guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
                Glibc.close(descriptor)
                throw UnreadableFile(path: path, errno: EINVAL)
            }
            let size = Int64(facts.st_size)
            state.withLock {
                $0.descriptor = descriptor
                $0.length = size
            }
        case .stream(let next):
            let pump = Task { [weak self] in
                do {
                    while let piece = try await next() {
                        if piece.isEmpty { continue }
                        guard await self?.offer(piece) == true else { return }
                    }
                    self?.end()
                } catch {
                    guard let self else { return }
                    loop.post(.fail(transfer, error))
                }
            }
            state.withLock { $0.pump = pump }
        }
    }

    func read(into target: UnsafeMutableRawBufferPointer) -> Piece {
        if case .file(let path) = source { return readFile(path, into: target) }
        let (piece, room) = state.withLock { state -> (Piece, CheckedContinuation<Bool, Never>?) in
            guard !state.piece.isEmpty else {
                if !state.ended { state.paused = true }
                return (state.ended ? .bytes(0) : .later, nil)
            }
            let count = min(target.count, state.piece.count)
            state.piece.copyBytes(to: target, count: count)
            state.piece = count == state.piece.count ? Data() : Data(state.piece.dropFirst(count))
            guard state.piece.isEmpty else { return (.bytes(count), nil) }
            let room = state.room
            state.room = nil
            return (.bytes(count), room)
        }
        room?.resume(returning: true)
        return piece
    }

    private func readFile(_ path: String, into target: UnsafeMutableRawBufferPointer) -> Piece {
        let (piece, sent, length) = state.withLock { state -> (Piece, Int64, Int64) in
            let length = state.length ?? 0
            let left = length - state.offset
            guard left > 0 else { return (.bytes(0), length, length) }
            let count = pread(state.descriptor, target.baseAddress, min(target.count, Int(left)), off_t(state.offset))
            guard count > 0 else { return (.failed(UnreadableFile(path: path, errno: count < 0 ? errno : EIO)), state.offset, length) }
            state.offset += Int64(count)
            return (.bytes(count), state.offset, length)
        }
        progress?(sent, length)
        return piece
    }

    func rewind(to offset: Int64) -> Bool {
        guard case .file = source, offset >= 0 else { return false }
        state.withLock { $0.offset = offset }
        return true
    }

    func close() {
        let (room, pump) = state.withLock { state in
            state.closed = true
            if state.descriptor >= 0 { Glibc.close(state.descriptor) }
            state.descriptor = -1
            let result = (state.room, state.pump)
            state.room = nil
            state.pump = nil
            return result
        }
        room?.resume(returning: false)
        pump?.cancel()
    }

    /// Hands over one piece and waits until it is sent; false when nobody sends any more.
    private func offer(_ piece: Data) async -> Bool {
        await withCheckedContinuation { continuation in
            let taken = state.withLock { state in
                guard !state.closed else { return false }
                state.piece = piece
                state.room = continuation
                resume(&state)
                return true
            }
            if !taken { continuation.resume(returning: false) }
        }
    }

    private func end() {
        state.withLock { state in
            state.ended = true
            resume(&state)
        }
    }

    private func resume(_ state: inout State) {
        guard state.paused else { return }
        state.paused = false
        loop.post(.resume(transfer))
    }
}

/// A file that was to be sent can't be read.
package struct UnreadableFile: Error, Hashable, CustomStringConvertible {
    package let path: String
    package let errno: Int32
    package var isMissing: Bool { errno == ENOENT || errno == ENOTDIR }
    package var description: String {
        errno == EINVAL ? "\(path) is not a regular file" : "cannot read \(path): \(String(cString: strerror(errno)))"
    }
}
