import ClusterAPI
import ClusterModel
import FoundationEssentials
import Glibc

struct CopyFromGuest {
    let client: APIClient
    let instance: String
    let path: String
    let mode: Int32?

    func run(to destination: String) async throws {
        guard destination != "-" else {
            _ = try await receive { try $0.withUnsafeBytes { try StandardOutput.write($0) } }
            return
        }
        let target = CopyPlace.isFolder(destination) || destination.hasSuffix("/") ? try CopyPlace.into(destination, nameOf: path) : destination
        var temporary = Array("\(target).berth-XXXXXX".utf8CString)
        let file = mkstemp(&temporary)
        guard file >= 0 else { throw CommandFailure(.failed, "cannot write \(target): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        do {
            let end = try await receive { data in
                guard data.withUnsafeBytes({ FileDescriptorWriting.writeAll($0, to: file) }) else {
                    throw CommandFailure(.failed, "cannot write \(target): \(String(cString: strerror(errno)))")
                }
            }
            guard fchmod(file, mode_t(mode ?? end.mode ?? 0o600)) == 0, rename(temporary, target) == 0 else {
                throw CommandFailure(.failed, "cannot write \(target): \(String(cString: strerror(errno)))")
            }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private func receive(_ piece: (Data) throws -> Void) async throws -> GuestFileEnd {
        let stream = try await client.openStream(.file(GuestFile(path: path, direction: .fromGuest)), of: instance)
        var reader = GuestFileFrame.Reader()
        var bytes: Int64 = 0
        do {
            for try await data in try await client.output(of: stream) {
                for frame in try reader.take(data) {
                    switch frame {
                    case .piece(let data):
                        bytes += Int64(data.count)
                        try piece(data)
                    case .end(let end):
                        if let failure = end.failure { throw CommandFailure(.failed, "\(instance): \(failure)") }
                        guard end.bytes == bytes else { throw CommandFailure(.failed, "\(instance): \(bytes) bytes came of \(end.bytes)") }
                        try? await client.closeStream(stream)
                        return end
                    }
                }
            }
            try Task.checkCancellation()
            throw CommandFailure(.failed, "\(instance): the copy was cut short")
        } catch {
            try? await client.closeStream(stream)
            throw error
        }
    }
}
