import ClusterModel
import struct Crypto.SHA256
import Dispatch
import FoundationEssentials
import Glibc
import Hummingbird
import NIOCore
import Synchronization

/// The images' bytes, a file per SHA-256 under `<dataDirectory>/images`. A file is there whole or not at all.
struct ImageLibrary: Sendable {
    struct Received: Sendable {
        var digest: Digest
        var bytes: Int64
    }

    /// Larger than any disk image that people keep.
    static let limit: Int64 = 1 << 40

    let directory: String
    private let arriving = Arriving()

    /// Digests whose file is in place and whose image is not in the ledger yet.
    private final class Arriving: Sendable {
        let counts = Mutex<[Digest: Int]>([:])
    }

    init(dataDirectory: String) throws(ControllerStartError) {
        directory = "\(dataDirectory)/images"
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(Self.partial) {
                try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
            }
        } catch {
            throw .notWritable(directory: directory, why: "\(error)")
        }
    }

    private static let partial = ".part"

    func path(of digest: Digest) -> String { "\(directory)/\(digest.hex)" }

    /// Nil where new images can be taken in.
    var trouble: String? { access(directory, W_OK) == 0 ? nil : String(cString: strerror(errno)) }

    /// Writes a body to disk as it comes, makes it durable, and gives it the name that its bytes have. Leaves nothing behind when it fails.
    /// Until `settled` is called nobody removes the file.
    func receive(_ body: RequestBody, expecting expected: Digest?, limit: Int64 = limit) async throws(ErrorBody) -> Received {
        let temporary = "\(directory)/\(UUID().uuidString.lowercased())\(Self.partial)"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.trouble(errno) }
        defer {
            close(descriptor)
            unlink(temporary)
        }
        var hash = SHA256()
        var bytes: Int64 = 0
        do {
            for try await piece in body {
                bytes += Int64(piece.readableBytes)
                guard bytes <= limit else { throw ErrorBody(code: .tooLarge, message: "The image is larger than \(limit) bytes.") }
                try piece.withUnsafeReadableBytes { raw in
                    hash.update(bufferPointer: raw)
                    try Self.write(raw, to: descriptor)
                }
            }
        } catch let error as ErrorBody {
            throw error
        } catch {
            throw ErrorBody(code: .invalid, message: "The image's bytes ended before they were complete; import it again.")
        }
        guard bytes > 0 else { throw ErrorBody(code: .invalid, message: "The image is empty; send its bytes as the request's body.") }
        let hex = hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        guard let digest = Digest(hex: hex) else { throw ErrorBody(code: .internal, message: "The image's digest could not be made.") }
        if let expected, expected != digest {
            throw ErrorBody(code: .invalid, message: "digest: the bytes have the SHA-256 \(digest), and \(expected) was announced; import it again.")
        }
        arriving.counts.withLock { $0[digest, default: 0] += 1 }
        do {
            try await keep(temporary, descriptor, as: digest)
        } catch {
            settled(digest)
            throw error
        }
        return Received(digest: digest, bytes: bytes)
    }

    /// The ledger knows of the image now, or never will.
    func settled(_ digest: Digest) {
        arriving.counts.withLock { counts in
            let left = (counts[digest] ?? 1) - 1
            counts[digest] = left > 0 ? left : nil
        }
    }

    private func keep(_ temporary: String, _ descriptor: Int32, as digest: Digest) async throws(ErrorBody) {
        let path = path(of: digest)
        let directory = directory
        let failure = await Self.offPool { () -> Int32 in
            guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { return errno }
            let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard folder >= 0 else { return errno }
            defer { close(folder) }
            return fsync(folder) == 0 ? 0 : errno
        }
        if failure != 0 { throw Self.trouble(failure) }
    }

    /// Keeps the file where another image names it or is about to.
    func remove(_ digest: Digest, unless isNamed: () -> Bool) {
        arriving.counts.withLock { counts in
            guard counts[digest] == nil, !isNamed() else { return }
            unlink(path(of: digest))
        }
    }

    /// Removes what no image of the ledger names: left behind by a crash between the file and its commit.
    func removeAll(except kept: Set<Digest>) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            guard let digest = Digest(hex: name), !kept.contains(digest) else { continue }
            unlink(path(of: digest))
        }
    }

    /// The bytes piece by piece, each read where blocking does no harm.
    func content(of digest: Digest) throws(ErrorBody) -> ResponseBody {
        let descriptor = open(path(of: digest), O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw ErrorBody(code: .unavailable, message: "The bytes of the image \(digest) are missing on the controller's disk; import it again.")
        }
        let file = OpenFile(descriptor)
        let length = Int(status.st_size)
        return ResponseBody(contentLength: length) { writer in
            var offset = 0
            while offset < length {
                let piece = await Self.offPool { [offset] in file.read(at: offset, atMost: min(256 << 10, length - offset)) }
                guard piece.readableBytes > 0 else { throw ErrorBody(code: .unavailable, message: "The image could not be read to its end.") }
                offset += piece.readableBytes
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
    }

    private final class OpenFile: Sendable {
        private let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }

        func read(at offset: Int, atMost count: Int) -> ByteBuffer {
            var buffer = ByteBuffer()
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { raw in max(0, pread(descriptor, raw.baseAddress, count, offset)) }
            return buffer
        }
    }

    private static func write(_ raw: UnsafeRawBufferPointer, to descriptor: Int32) throws(ErrorBody) {
        var rest = raw[...]
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw trouble(errno)
            }
            rest = rest.dropFirst(written)
        }
    }

    private static func trouble(_ code: Int32) -> ErrorBody {
        code == ENOSPC || code == EDQUOT
            ? ErrorBody(code: .storageFull, message: "The controller's disk is full, so the image was not kept; an operator must make room.")
            : ErrorBody(code: .internal, message: "The image could not be written: \(String(cString: strerror(code))).")
    }

    private static func offPool<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: work()) }
        }
    }
}
