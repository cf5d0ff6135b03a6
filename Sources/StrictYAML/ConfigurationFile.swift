import FoundationEssentials
import Glibc

/// Text from disk, bounded.
package enum ConfigurationFile {
    /// Beyond this a file is no configuration; a cluster of 100,000 nodes written one by one is smaller.
    static let maximumBytes = 64 << 20

    package static func text(_ path: String) throws(ConfigurationError) -> String {
        func failure(_ message: String) -> ConfigurationError { ConfigurationError(file: path, message: message) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
            guard count > 0 else { break }
            data.append(contentsOf: buffer[..<count])
            guard data.count <= maximumBytes else { throw failure("is larger than \(maximumBytes >> 20) MiB") }
        }
        guard let text = String(validating: data, as: UTF8.self) else { throw failure("is not UTF-8 text") }
        return text
    }
}
