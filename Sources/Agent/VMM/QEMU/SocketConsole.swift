import FoundationEssentials
import Glibc
import Synchronization

/// The serial console over the cage's socket.
package final class SocketConsole: ConsoleStream {
    private let descriptor: Int32
    private let isOpen = Mutex(true)

    package init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { Glibc.close(descriptor) }

    package func read() async -> Data? {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while isOpen.withLock({ $0 }), !Task.isCancelled {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
            if count > 0 { return Data(buffer[..<count]) }
            guard count < 0, errno == EAGAIN || errno == EINTR else { return nil }
            await DescriptorWatch.shared.readable(descriptor)
        }
        return nil
    }

    package func write(_ data: Data) async throws {
        var rest = data[...]
        while !rest.isEmpty {
            try Task.checkCancellation()
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EAGAIN {
                try await Task.sleep(for: .milliseconds(10))
            } else if errno != EINTR {
                throw WorkFailure("the console has closed: \(String(cString: strerror(errno)))")
            }
        }
    }

    package func endInput() { shutdown(descriptor, Int32(SHUT_WR)) }

    package func close() {
        isOpen.withLock { $0 = false }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
