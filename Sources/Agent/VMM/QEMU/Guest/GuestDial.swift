import ClusterModel
import Glibc

/// A TCP connection to a guest on the node's bridge.
enum GuestDial {
    private static let patience = Duration.seconds(10)

    static func connect(to address: IPv4Address, port: UInt16) async throws(WorkFailure) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { throw WorkFailure("cannot make a socket: \(String(cString: strerror(errno)))") }
        do {
            try await connect(descriptor, to: address, port: port)
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func connect(_ descriptor: Int32, to address: IPv4Address, port: UInt16) async throws(WorkFailure) {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = address.bits.bigEndian
        let deadline = ContinuousClock.now + patience
        while true {
            let result = withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            if result == 0 || errno == EISCONN { return }
            guard errno == EINPROGRESS || errno == EALREADY || errno == EINTR else {
                throw WorkFailure("cannot connect to port \(port) of the guest: \(String(cString: strerror(errno)))")
            }
            guard ContinuousClock.now < deadline else { throw WorkFailure("port \(port) of the guest does not answer") }
            do { try await Task.sleep(for: .milliseconds(2)) } catch { throw WorkFailure("cancelled") }
        }
    }
}
