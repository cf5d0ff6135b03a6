import ClusterModel
import FoundationEssentials
import Glibc
import Hummingbird
import NIOCore
import Synchronization

/// The images' bytes, a file per SHA-256 under `<dataDirectory>/images`. A file is there whole or not at all.
struct ImageLibrary: Sendable {
    struct Settings: Sendable {
        var maximumBytes: Int64 = 1 << 40
        /// Of the disk that a qcow2 image describes.
        var maximumDisk: Int64 = 1 << 40
        var allowPrivateSources = false
    }

    struct Received: Sendable {
        var digest: Digest
        /// Of what arrived, where that was made into another file.
        var sourceDigest: Digest?
        var bytes: Int64
        /// Of the disk in it; zero for a kernel with its initrd.
        var virtualBytes: Int64
    }

    let directory: String
    let settings: Settings
    private let flattening = ImageFlattening()
    private let arriving = Arriving()

    /// Digests whose file is in place and whose image is not in the ledger yet.
    private final class Arriving: Sendable {
        let counts = Mutex<[Digest: Int]>([:])
    }

    init(dataDirectory: String, settings: Settings = Settings()) throws(ControllerStartError) {
        directory = "\(dataDirectory)/images"
        self.settings = settings
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(ImageIntake.ending) {
                try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
            }
        } catch {
            throw .notWritable(directory: directory, why: "\(error)")
        }
    }

    func path(of digest: Digest) -> String { "\(directory)/\(digest.hex)" }

    /// Nil where new images can be taken in.
    var trouble: String? { access(directory, W_OK) == 0 ? nil : String(cString: strerror(errno)) }

    func intake() throws(ErrorBody) -> ImageIntake { try ImageIntake(in: directory, limit: settings.maximumBytes) }

    /// Writes a body to disk as it comes.
    func receive(_ body: RequestBody) async throws(ErrorBody) -> ImageIntake {
        let intake = try intake()
        do {
            for try await piece in body { try piece.withUnsafeReadableBytes { raw in try intake.write(raw) } }
        } catch let error as ErrorBody {
            throw error
        } catch {
            throw ErrorBody(code: .invalid, message: "The image's bytes ended before they were complete; import it again.")
        }
        guard intake.bytes > 0 else { throw ErrorBody(code: .invalid, message: "The image is empty; send its bytes as the request's body.") }
        return intake
    }

    /// Looks at what has arrived, makes it durable, and gives it the name that its bytes have. Until `settled` is called nobody removes the file.
    /// - Parameter known: the flattened image that is kept already for these bytes.
    func keep(
        _ intake: ImageIntake, format: Image.Format, expecting expected: Digest?, known: (Digest) -> Image?
    ) async throws(ErrorBody) -> Received {
        guard let digest = intake.digest else { throw ErrorBody(code: .internal, message: "The image's digest could not be made.") }
        if let expected, expected != digest {
            throw ErrorBody(code: .invalid, message: "digest: the bytes have the SHA-256 \(digest), and \(expected) was announced; import it again.")
        }
        let virtualBytes = try ImageCheck(maximumDisk: settings.maximumDisk).virtualBytes(of: intake, format: format)
        guard format == .qcow2 else {
            try await place(intake, as: digest)
            return Received(digest: digest, bytes: intake.bytes, virtualBytes: virtualBytes)
        }
        if let image = known(digest), reserve(image.digest) {
            return Received(digest: image.digest, sourceDigest: digest, bytes: image.bytes, virtualBytes: virtualBytes)
        }
        let flat = try self.intake()
        try await flattening.flatten(intake.path, virtualBytes: virtualBytes, into: flat.path)
        try await flat.readAnew()
        guard let flatDigest = flat.digest else { throw ErrorBody(code: .internal, message: "The image's digest could not be made.") }
        try await place(flat, as: flatDigest)
        return Received(digest: flatDigest, sourceDigest: digest, bytes: flat.bytes, virtualBytes: virtualBytes)
    }

    private func place(_ intake: ImageIntake, as digest: Digest) async throws(ErrorBody) {
        arriving.counts.withLock { $0[digest, default: 0] += 1 }
        do {
            try await intake.move(to: path(of: digest), in: directory)
        } catch {
            settled(digest)
            throw error
        }
    }

    /// False where the file has gone meanwhile.
    private func reserve(_ digest: Digest) -> Bool {
        arriving.counts.withLock { counts in
            guard access(path(of: digest), R_OK) == 0 else { return false }
            counts[digest, default: 0] += 1
            return true
        }
    }

    /// The ledger knows of the image now, or never will.
    func settled(_ digest: Digest) {
        arriving.counts.withLock { counts in
            let left = (counts[digest] ?? 1) - 1
            counts[digest] = left > 0 ? left : nil
        }
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
}
