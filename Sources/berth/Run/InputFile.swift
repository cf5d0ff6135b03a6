import FoundationEssentials
import Glibc

/// A small file that a command is given; "-" is standard input.
enum InputFile {
    static func read(_ path: String, limit: Int) throws -> Data {
        let file = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CommandFailure(.usage, "cannot read \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure(.usage, "cannot read \(path): \(String(cString: strerror(errno)))") }
            if count == 0 { return data }
            guard data.count + count <= limit else { throw CommandFailure(.usage, "\(path) is larger than \(limit) bytes") }
            data.append(contentsOf: buffer[..<count])
        }
    }
}
