import Glibc

/// TCP by host and port, blocking, for threads of their own.
enum TCPSocket {
    /// "10.0.0.5:7481", "[fd00::5]:7481"; nil where it is neither.
    static func parts(of address: String) -> (host: String, port: String)? {
        guard let colon = address.lastIndex(of: ":") else { return nil }
        let port = address[address.index(after: colon)...]
        var host = address[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() } else if host.contains(":") { return nil }
        guard !host.isEmpty, UInt16(port) != nil else { return nil }
        return (String(host), String(port))
    }

    private static func resolve(_ address: String, passive: Bool) -> UnsafeMutablePointer<addrinfo>? {
        guard let (host, port) = parts(of: address) else { return nil }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        if passive { hints.ai_flags = AI_PASSIVE }
        var found: UnsafeMutablePointer<addrinfo>?
        return getaddrinfo(host, port, &hints, &found) == 0 ? found : nil
    }

    static func listen(on address: String) throws(WorkFailure) -> Int32 {
        guard let found = resolve(address, passive: true) else {
            throw WorkFailure("cannot take migrations at “\(address)”: write an address of this machine and a port, such as 10.0.0.5:7481")
        }
        defer { freeaddrinfo(found) }
        let listener = socket(found.pointee.ai_family, found.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw WorkFailure("cannot make a socket: \(String(cString: strerror(errno)))") }
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(listener, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0, Glibc.listen(listener, 64) == 0 else {
            let why = String(cString: strerror(errno))
            close(listener)
            throw WorkFailure("cannot take migrations at “\(address)”: \(why); the configuration's “migration” says where")
        }
        return listener
    }

    /// Not inherited by what this agent starts; below 0 where there is none.
    static func accept(_ listener: Int32) -> Int32 {
        let connection = Glibc.accept(listener, nil, nil)
        if connection >= 0 { _ = fcntl(connection, F_SETFD, FD_CLOEXEC) }
        return connection
    }

    /// With the port that it got.
    static func name(of listener: Int32, listening address: String) throws(WorkFailure) -> String {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
        }
        guard result == 0, let (host, _) = parts(of: address) else { throw WorkFailure("cannot name the migration port") }
        let port = withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
        }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Nil where nobody answers within ten seconds.
    static func connect(to address: String) -> Int32? {
        guard let found = resolve(address, passive: false) else { return nil }
        defer { freeaddrinfo(found) }
        let descriptor = socket(found.pointee.ai_family, found.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        limit(descriptor, seconds: 10)
        guard Glibc.connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
            close(descriptor)
            return nil
        }
        limit(descriptor, seconds: 0)
        noticeLoss(descriptor)
        return descriptor
    }

    /// Of each read and write; 0: none.
    static func limit(_ descriptor: Int32, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size)) }
    }

    /// A machine that went away without a word is noticed within half a minute.
    static func noticeLoss(_ descriptor: Int32) {
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 10)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 5)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
        set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 30_000)
    }
}
