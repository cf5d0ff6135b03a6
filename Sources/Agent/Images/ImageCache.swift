import ClusterAPI
import ClusterModel
import FoundationEssentials
import Glibc
import Logging

/// The node's images, each in a directory named by its digest that appears whole. Fetched from the controller once, however many wait for it.
package final class ImageCache: Sendable {
    private let root: String
    /// Of all images together; those in use are never evicted, so it may be passed.
    private let limit: MiB
    private let transport: any Transport
    private let logger: Logger
    private let fetches = SharedFetches()
    private static let attempts = 6
    private static let pause = Duration.milliseconds(200)
    /// Digests that instances on this node are made from.
    private let inUse: @Sendable () -> Set<ClusterModel.Digest>

    package init(root: String, limit: MiB, transport: any Transport, logger: Logger, inUse: @escaping @Sendable () -> Set<ClusterModel.Digest>) {
        self.root = root
        self.limit = limit
        self.transport = transport
        self.logger = logger
        self.inUse = inUse
        removeParts()
    }

    /// The image in the cache, or nil.
    package func cached(_ image: ImageReference) -> CachedImage? {
        let directory = path(of: image.digest)
        switch image.format {
        case .linux:
            let files = LinuxImage.members.map { "\(directory)/\($0)" }
            // A VMM reads them as a user of its own; their directories keep others out.
            return files.allSatisfy { chmod($0, 0o644) == 0 } ? .linux(kernel: files[0], initrd: files[1]) : nil
        case .raw, .qcow2:
            guard let size = try? virtualBytes(of: "\(directory)/disk", format: image.format) else { return nil }
            return .disk(path: "\(directory)/disk", format: image.format, virtualBytes: size)
        }
    }

    package func fetch(_ image: ImageReference) async throws(WorkFailure) -> CachedImage {
        if let cached = cached(image) {
            utimes(path(of: image.digest), nil)
            return cached
        }
        do {
            return try await fetches.value(of: image.digest) { [self] in try await download(image, number: $0) }
        } catch let failure as WorkFailure { throw failure } catch { throw WorkFailure("\(error)") }
    }

    private func path(of digest: ClusterModel.Digest) -> String { "\(root)/\(digest)" }

    private func download(_ image: ImageReference, number: Int) async throws -> CachedImage {
        try DurableFile.makeDirectory(root)
        let part = "\(root)/\(image.digest).part\(number)"
        try DurableFile.makeDirectory(part)
        defer { try? FileManager.default.removeItem(atPath: part) }
        let file = "\(part)/\(image.format == .linux ? "archive" : "disk")"
        try await receive(image, into: file)
        if image.format == .linux {
            try LinuxImage.unpack(file, into: part)
            unlink(file)
        } else {
            _ = try virtualBytes(of: file, format: image.format)
        }
        guard rename(part, path(of: image.digest)) == 0 || errno == EEXIST || errno == ENOTEMPTY else {
            throw WorkFailure("cannot keep the image: \(String(cString: strerror(errno)))")
        }
        evict(keeping: image.digest)
        guard let cached = cached(image) else { throw WorkFailure("the image vanished from the cache") }
        return cached
    }

    /// Taken up where it broke off, a few times, while the controller still speaks of the same bytes.
    private func receive(_ image: ImageReference, into path: String) async throws {
        let arrival = try ImageArrival(of: image, into: path)
        for attempt in 1... {
            do {
                try await receive(image, arrival)
                break
            } catch let failure as WorkFailure {
                throw failure
            } catch {
                guard attempt < Self.attempts, !Task.isCancelled else { throw error }
                logger.info("image fetched on", metadata: ["image": "\(image.name)", "from": "\(arrival.received)", "why": "\(error)"])
                try await Task.sleep(for: Self.pause)
            }
        }
        try arrival.finish()
    }

    private func receive(_ image: ImageReference, _ arrival: ImageArrival) async throws {
        let start = arrival.received
        var request = HTTPRequest(
            method: Route.imageContent.method, target: Route.imageContent.path("\(image.digest)"), timeout: .seconds(30), maximumAnswer: .max)
        if start > 0 { request.headers.append(("Range", "bytes=\(start)-")) }
        let (answer, body) = try await transport.stream(request)
        switch answer.status {
        case 200: try arrival.restart()
        case 206 where start > 0 && answer.headers["content-range"]?.hasPrefix("bytes \(start)-") == true: break
        default: throw WorkFailure("the controller has no image \(image.name) (status \(answer.status))", isLasting: answer.status == 404)
        }
        for try await chunk in body { try arrival.take(chunk) }
        guard arrival.isWhole else { throw ImageArrival.CutShort(image: image, received: arrival.received) }
    }

    private func virtualBytes(of path: String, format: Image.Format) throws(WorkFailure) -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size > 0 else { throw WorkFailure("cannot read the image") }
        guard format == .qcow2 else { return Int64(status.st_size) }
        guard let beginning = DurableFile.read(path, limit: QCOW2Header.window) else { throw WorkFailure("cannot read the image") }
        do throws(QCOW2Header.Refusal) {
            return try QCOW2Header([UInt8](beginning), fileBytes: Int64(status.st_size), limit: Resources.maximumAmount).virtualBytes
        } catch { throw WorkFailure("the image is refused: \(error)", isLasting: true) }
    }

    /// What downloads of an agent that was killed have left.
    private func removeParts() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] where name.contains(".part") {
            try? FileManager.default.removeItem(atPath: "\(root)/\(name)")
        }
    }

    /// Takes the least recently used first.
    private func evict(keeping kept: ClusterModel.Digest) {
        let used = inUse().union([kept])
        var entries: [(digest: ClusterModel.Digest, bytes: Int64, used: Int)] = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
            guard let digest = ClusterModel.Digest(hex: name) else { continue }
            var status = stat()
            stat("\(root)/\(name)", &status)
            entries.append((digest, Self.bytes(in: "\(root)/\(name)"), status.st_mtim.tv_sec))
        }
        var total = entries.reduce(0) { $0 + $1.bytes }
        for entry in entries.sorted(by: { ($0.used, $0.digest.hex) < ($1.used, $1.digest.hex) }) where !used.contains(entry.digest) {
            guard total > limit.count << 20 else { return }
            logger.info("image evicted from the cache", metadata: ["digest": "\(entry.digest)"])
            try? FileManager.default.removeItem(atPath: path(of: entry.digest))
            total -= entry.bytes
        }
    }

    private static func bytes(in directory: String) -> Int64 {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).reduce(0) { sum, name in
            var status = stat()
            return stat("\(directory)/\(name)", &status) == 0 ? sum + Int64(status.st_blocks) * 512 : sum
        }
    }
}
