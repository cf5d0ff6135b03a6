import FoundationEssentials
import Glibc

/// Files that are whole or absent, also after the power goes.
enum DurableFile {
    struct Failure: Error, CustomStringConvertible {
        let path: String
        let code: Int32
        var description: String { "cannot write \(path): \(String(cString: strerror(code)))" }
        var isFull: Bool { code == ENOSPC || code == EDQUOT }
    }

    /// Written beside its place, synced and moved there.
    static func write(_ data: Data, to path: String, mode: mode_t = 0o600) throws(Failure) {
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard file >= 0 else { throw Failure(path: path, code: errno) }
        do throws(Failure) {
            try writeAll(data, to: file, path: path)
            guard fsync(file) == 0 else { throw Failure(path: path, code: errno) }
        } catch {
            close(file)
            unlink(temporary)
            throw error
        }
        close(file)
        guard rename(temporary, path) == 0 else { throw Failure(path: path, code: errno) }
        syncDirectory(of: path)
    }

    static func writeAll(_ data: Data, to file: Int32, path: String) throws(Failure) {
        var offset = 0
        while offset < data.count {
            let count = data.withUnsafeBytes { Glibc.write(file, $0.baseAddress?.advanced(by: offset), $0.count - offset) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure(path: path, code: count < 0 ? errno : ENOSPC) }
            offset += count
        }
    }

    static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(Failure) {
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw Failure(path: path, code: errno) }
    }

    /// Nil where there is no such file; at most `limit` bytes of it.
    static func read(_ path: String, limit: Int = 1 << 20) -> Data? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while data.count < limit {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, min($0.count, limit - data.count)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            data.append(contentsOf: buffer[..<count])
        }
        return data
    }

    private static func syncDirectory(of path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let directory = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }
}

extension WorkFailure {
    init(_ failure: DurableFile.Failure) { self.init(failure.description) }
}
