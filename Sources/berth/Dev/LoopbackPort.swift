import Glibc

/// A port of 127.0.0.1 that nobody listens on now, for a process that is started next.
enum LoopbackPort {
    static func free() throws -> UInt16 {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw failure() }
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let found = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.bind(listener, generic, length) == 0 && getsockname(listener, generic, &length) == 0
            }
        }
        guard found else { throw failure() }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func failure() -> CommandFailure {
        CommandFailure(.failed, "no free port on 127.0.0.1: \(String(cString: strerror(errno)))")
    }
}
