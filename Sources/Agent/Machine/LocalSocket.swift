import Glibc

/// Unix sockets by their name in a directory: reached through the directory's descriptor, since a socket's address holds only 107 bytes of path.
package enum LocalSocket {
    /// A blocking socket that takes connections; what was there under the name is taken away.
    static func listen(at name: String, in directory: String) throws(WorkFailure) -> Int32 {
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw WorkFailure("cannot open \(directory): \(String(cString: strerror(errno)))") }
        defer { close(folder) }
        unlinkat(folder, name, 0)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw WorkFailure("cannot make a socket: \(String(cString: strerror(errno)))") }
        var address = Self.address(of: name, in: folder)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard result == 0, Glibc.listen(descriptor, 16) == 0 else {
            let why = String(cString: strerror(errno))
            close(descriptor)
            throw WorkFailure("cannot make \(name): \(why)")
        }
        return descriptor
    }

    private static func address(of name: String, in folder: Int32) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("/proc/self/fd/\(folder)/\(name)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.prefix(107)) }
        return address
    }

    /// A non-blocking, connected stream.
    package static func connect(to name: String, in directory: String) throws(WorkFailure) -> Int32 {
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw WorkFailure("cannot open \(directory): \(String(cString: strerror(errno)))") }
        defer { close(folder) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw WorkFailure("cannot make a socket: \(String(cString: strerror(errno)))") }
        var address = Self.address(of: name, in: folder)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard result == 0 else {
            let why = String(cString: strerror(errno))
            close(descriptor)
            throw WorkFailure("cannot connect to \(name): \(why)")
        }
        return descriptor
    }
}
