import ClusterAPI
import ClusterModel
import FoundationEssentials
import Glibc
import Synchronization

struct CopyToGuest {
    let client: APIClient
    let instance: String
    let path: String
    let mode: Int32?

    func run(from source: String) async throws {
        let target = path.hasSuffix("/") ? try CopyPlace.into(path, nameOf: source) : path
        guard source != "-" else {
            let input = try StandardInput()
            defer { input.end() }
            return try await send(to: target, mode: mode ?? 0o644) { await input.next() }
        }
        guard !CopyPlace.isFolder(source) else {
            throw CommandFailure(
                .usage, "\(source) is a directory, and only files are copied; pack it: tar -c \(source) | berth cp - \(instance):/tmp/x.tar")
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: URL(filePath: source).resolvingSymlinksInPath().path)
        // The opening of a pipe would wait for its writer.
        guard attributes == nil || attributes?[.type] as? FileAttributeType == .typeRegular else {
            throw CommandFailure(.usage, "\(source) is no regular file; give what it says to standard input and write - for the source")
        }
        let file = open(source, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CommandFailure(.usage, "cannot read \(source): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let permissions = (attributes?[.posixPermissions] as? Int).map { Int32(truncatingIfNeeded: $0) & GuestFile.permissions }
        try await send(to: target, mode: mode ?? permissions ?? 0o644) {
            var buffer = [UInt8](repeating: 0, count: GuestFileFrame.pieceBytes)
            while true {
                let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw CommandFailure(.failed, "cannot read \(source): \(String(cString: strerror(errno)))") }
                return count == 0 ? nil : Data(buffer[..<count])
            }
        }
    }

    private func send(to target: String, mode: Int32, _ next: @escaping @Sendable () async throws -> Data?) async throws {
        let file = GuestFile(path: target, direction: .toGuest, mode: mode)
        let stream = try await client.openStream(.file(file), of: instance)
        do {
            let end = try await exchange(stream, next)
            if let failure = end?.failure { throw CommandFailure(.failed, "\(instance): \(failure)") }
            guard end != nil else { throw CommandFailure(.failed, "\(instance): the copy was cut short") }
        } catch {
            try? await client.closeStream(stream)
            throw error
        }
        try? await client.closeStream(stream)
    }

    /// How the guest's side ended; nil where it did not say so.
    private func exchange(_ stream: StreamID, _ next: @escaping @Sendable () async throws -> Data?) async throws -> GuestFileEnd? {
        let output = try await client.output(of: stream)
        return try await withThrowingTaskGroup(of: GuestFileEnd??.self) { group in
            group.addTask {
                var reader = GuestFileFrame.Reader()
                for try await data in output {
                    for case .end(let end) in try reader.take(data) { return .some(end) }
                }
                return .some(nil)
            }
            group.addTask {
                let sent = Mutex((bytes: Int64(0), isOver: false))
                do {
                    try await client.input(to: stream) {
                        guard !sent.withLock({ $0.isOver }) else { return nil }
                        guard let data = try await next() else {
                            let bytes = sent.withLock { sent in
                                sent.isOver = true
                                return sent.bytes
                            }
                            return GuestFileFrame.end(GuestFileEnd(bytes: bytes)).bytes
                        }
                        sent.withLock { $0.bytes += Int64(data.count) }
                        return GuestFileFrame.piece(data).bytes
                    }
                } catch let gone as ErrorBody where gone.code == .gone || gone.code == .notFound {
                    // The guest's side has ended, and says why.
                }
                return nil
            }
            defer { group.cancelAll() }
            while let part = try await group.next() { if let end = part { return end } }
            return nil
        }
    }
}
