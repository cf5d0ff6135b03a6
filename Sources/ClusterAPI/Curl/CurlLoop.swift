import CCurl
import Glibc
import Synchronization

/// The thread that drives transfers, as other threads see it: an inbox and a bell.
final class CurlLoop: Sendable {
    enum Command {
        case begin(CurlTransfer)
        case cancel(CurlTransfer.ID)
        /// There is room to read or data to send again.
        case resume(CurlTransfer.ID)
        case fail(CurlTransfer.ID, any Error)
        case stop
    }

    private struct Inbox {
        var commands: [Command] = []
        var rung = false
        var closed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let endpoint: String
    let maximumConnections: Int32
    let epoll: Int32
    let bell: Int32
    private let inbox = Mutex(Inbox())

    private static let initialised: CURLcode = berth_curl_global_init()

    init(endpoint: String, maximumConnections: Int32) throws(TransportError) {
        self.endpoint = endpoint
        self.maximumConnections = maximumConnections
        func failure(_ what: String) -> TransportError { .unreachable(endpoint: endpoint, why: "\(what): \(String(cString: strerror(errno)))") }
        guard Self.initialised == CURLE_OK else { throw .unreachable(endpoint: endpoint, why: "libcurl did not start") }
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw failure("no descriptor for the network thread") }
        bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard bell >= 0 else {
            Glibc.close(epoll)
            throw failure("no descriptor for the network thread")
        }
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(self)
        let result = pthread_create(&thread, nil, { CurlLoop.main($0) }, retained.toOpaque())
        guard result == 0 else {
            retained.release()
            Glibc.close(epoll)
            Glibc.close(bell)
            throw .unreachable(endpoint: endpoint, why: "no network thread: \(String(cString: strerror(result)))")
        }
        pthread_detach(thread)
    }

    private static func main(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let raw else { return nil }
        let loop = Unmanaged<CurlLoop>.fromOpaque(raw).takeRetainedValue()
        // OpenSSL may raise SIGPIPE, and signals meant for the program are handled by others.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        if let driver = CurlDriver(loop: loop) { driver.run() }
        loop.close()
        return nil
    }

    /// False when the thread has ended, or is about to.
    @discardableResult
    func post(_ command: Command) -> Bool {
        inbox.withLock { inbox in
            guard !inbox.closed else { return false }
            inbox.commands.append(command)
            if !inbox.rung {
                inbox.rung = true
                eventfd_write(bell, 1)
            }
            return true
        }
    }

    func take() -> [Command] {
        inbox.withLock { inbox in
            inbox.rung = false
            var taken: [Command] = []
            swap(&taken, &inbox.commands)
            return taken
        }
    }

    func stop() { post(.stop) }

    /// Returns once the thread has let go of everything.
    func stopped() async {
        await withCheckedContinuation { continuation in
            let closed = inbox.withLock { inbox in
                if !inbox.closed { inbox.waiting.append(continuation) }
                return inbox.closed
            }
            if closed { continuation.resume() } else { stop() }
        }
    }

    private func close() {
        let (left, waiting) = inbox.withLock { inbox in
            inbox.closed = true
            Glibc.close(bell)
            Glibc.close(epoll)
            return (inbox.commands, inbox.waiting)
        }
        for case .begin(let transfer) in left {
            transfer.finish(throwing: TransportError.unreachable(endpoint: endpoint, why: "the client was shut down"))
        }
        for continuation in waiting { continuation.resume() }
    }
}
