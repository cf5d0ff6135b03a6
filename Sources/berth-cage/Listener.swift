import Glibc

/// Unix sockets in the instance's directory, where the process is.
enum Listener {
    /// The name is relative, so no directory is too long for a socket's address.
    static func open(_ name: String) throws(CageFailure) -> Int32 {
        unlink(name)
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard listener >= 0 else { throw CageFailure("cannot make the socket \(name)", code: errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(name.utf8).prefix($0.count - 1)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard bound == 0, listen(listener, 4) == 0 else {
            let why = errno
            close(listener)
            throw CageFailure("cannot listen on \(name)", code: why)
        }
        return listener
    }
}
