import ClusterModel
import Glibc

/// Ports of a guest in QEMU's user networking: one that somebody asks for is forwarded from a free port of the node's loopback, and stays so
/// for as long as the VMM runs.
struct GuestPorts {
    private let connection: QMPConnection

    init(_ connection: QMPConnection) { self.connection = connection }

    /// A connection to the guest's port.
    func connect(to port: Int) async throws(WorkFailure) -> any ConsoleStream {
        if let forwarded = try await forwarded(port) { return SocketConsole(try Self.dial(forwarded)) }
        let complaint = try await monitor("hostfwd_add net0 tcp:127.0.0.1:0-\(GuestNetwork.user.address):\(port)")
        guard let forwarded = try await forwarded(port) else {
            throw WorkFailure("QEMU does not forward port \(port): \(Printable(complaint, limit: 200))")
        }
        return SocketConsole(try Self.dial(forwarded))
    }

    /// The node's port that leads to the guest's.
    private func forwarded(_ port: Int) async throws(WorkFailure) -> UInt16? { Self.forwarded(port, in: try await monitor("info usernet")) }

    /// Lines such as "TCP[HOST_FORWARD] 12 127.0.0.1 40123 10.0.2.15 22 0 0".
    package static func forwarded(_ port: Int, in table: String) -> UInt16? {
        for line in table.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard words.count >= 6, words[0] == "TCP[HOST_FORWARD]", words[2] == "127.0.0.1", words[5] == "\(port)" else { continue }
            return UInt16(words[3])
        }
        return nil
    }

    private func monitor(_ line: String) async throws(WorkFailure) -> String {
        try await connection.execute("human-monitor-command", ["command-line": line], as: String.self)
    }

    private static func dial(_ port: UInt16) throws(WorkFailure) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw WorkFailure("cannot make a socket: \(String(cString: strerror(errno)))") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else {
            let why = String(cString: strerror(errno))
            close(descriptor)
            throw WorkFailure("cannot connect to the forwarded port: \(why)")
        }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        return descriptor
    }
}
