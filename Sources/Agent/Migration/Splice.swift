import Glibc
import Synchronization

/// Carries bytes between two sockets, both ways, on two threads, until both ways have ended. The sockets are closed then.
enum Splice {
    private final class Pair: Sendable {
        let left: Int32
        let right: Int32
        private let open = Mutex(2)
        private let ended: @Sendable () -> Void

        init(_ left: Int32, _ right: Int32, ended: @escaping @Sendable () -> Void) {
            self.left = left
            self.right = right
            self.ended = ended
        }

        func end() {
            let isLast = open.withLock { open in
                open -= 1
                return open == 0
            }
            guard isLast else { return }
            close(left)
            close(right)
            ended()
        }
    }

    static func join(_ left: Int32, _ right: Int32, ended: @escaping @Sendable () -> Void) {
        for descriptor in [left, right] { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK) }
        let pair = Pair(left, right, ended: ended)
        BlockingThread.run { carry(from: left, to: right, pair) }
        BlockingThread.run { carry(from: right, to: left, pair) }
    }

    private static func carry(from source: Int32, to target: Int32, _ pair: Pair) {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(source, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0, send(buffer[..<count], to: target) else { break }
        }
        // A way that broke takes the other with it; one that ended leaves it.
        shutdown(target, Int32(SHUT_WR))
        shutdown(source, Int32(SHUT_RD))
        pair.end()
    }

    private static func send(_ bytes: ArraySlice<UInt8>, to target: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// For what waits in the kernel: a thread of its own, since those of tasks are few.
enum BlockingThread {
    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func run(_ work: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Work(work))
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        if result == 0 { pthread_detach(thread) } else { context.release() }
    }
}
