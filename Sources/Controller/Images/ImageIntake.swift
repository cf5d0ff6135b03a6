import ClusterModel
import struct Crypto.SHA256
import Dispatch
import FoundationEssentials
import Glibc
import Synchronization

/// An image's bytes on their way into the library: a file whose name says that it is not whole, with the hash and the number of what is in it.
/// Gone with the last reference to it, unless it was moved to its place.
final class ImageIntake: Sendable {
    private struct State {
        var hash = SHA256()
        var bytes: Int64 = 0
        var total: Int64?
    }

    static let ending = ".part"

    let path: String
    let limit: Int64
    private let descriptor: Int32
    private let state = Mutex(State())

    init(in directory: String, limit: Int64) throws(ErrorBody) {
        path = "\(directory)/\(UUID().uuidString.lowercased())\(Self.ending)"
        self.limit = limit
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.trouble(errno) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(path)
    }

    var bytes: Int64 { state.withLock { $0.bytes } }
    var total: Int64? { state.withLock { $0.total } }

    func write(_ raw: UnsafeRawBufferPointer) throws(ErrorBody) {
        let result = state.withLock { state -> Result<Void, ErrorBody> in
            guard Int64(raw.count) <= limit - state.bytes else {
                return .failure(ErrorBody(code: .tooLarge, message: "The image is larger than \(limit) bytes."))
            }
            state.bytes += Int64(raw.count)
            state.hash.update(bufferPointer: raw)
            return Result { () throws(ErrorBody) in try append(raw) }
        }
        try result.get()
    }

    private func append(_ raw: UnsafeRawBufferPointer) throws(ErrorBody) {
        var rest = raw[...]
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw Self.trouble(errno)
            }
            rest = rest.dropFirst(written)
        }
    }

    /// Begins anew with nothing.
    func empty(total: Int64?) throws(ErrorBody) {
        let code = state.withLock { state -> Int32 in
            state = State(total: total)
            return ftruncate(descriptor, 0) == 0 && lseek(descriptor, 0, SEEK_SET) == 0 ? 0 : errno
        }
        if code != 0 { throw Self.trouble(code) }
    }

    var digest: Digest? { state.withLock { Self.digest($0.hash) } }

    /// Takes up what a tool has written into the file.
    func readAnew() async throws(ErrorBody) {
        let failure = await Self.offPool { [self] () -> ErrorBody? in
            var read = State()
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(read.bytes)) }
                guard count >= 0 else { return Self.trouble(errno) }
                if count == 0 { break }
                buffer.withUnsafeBytes { read.hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                read.bytes += Int64(count)
            }
            state.withLock { $0 = read }
            return nil
        }
        if let failure { throw failure }
    }

    /// The file's first bytes.
    func beginning(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return Array(bytes.prefix(max(0, got)))
    }

    /// Durable under its name when it returns.
    func move(to place: String, in directory: String) async throws(ErrorBody) {
        let failure = await Self.offPool { [self] () -> Int32 in
            guard fsync(descriptor) == 0, rename(path, place) == 0 else { return errno }
            let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard folder >= 0 else { return errno }
            defer { close(folder) }
            return fsync(folder) == 0 ? 0 : errno
        }
        if failure != 0 { throw Self.trouble(failure) }
    }

    private static func digest(_ hash: SHA256) -> Digest? {
        Digest(hex: hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined())
    }

    static func trouble(_ code: Int32) -> ErrorBody {
        code == ENOSPC || code == EDQUOT
            ? ErrorBody(code: .storageFull, message: "The controller's disk is full, so the image was not kept; an operator must make room.")
            : ErrorBody(code: .internal, message: "The image could not be written: \(String(cString: strerror(code))).")
    }

    static func offPool<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: work()) }
        }
    }
}
