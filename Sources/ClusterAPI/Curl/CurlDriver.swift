import CCurl
import Glibc

/// Everything that only the network thread touches: libcurl's multi handle, its sockets and timers, and the transfers under way.
/// Sockets go through epoll, since `curl_multi_perform` would look at a thousand held long polls whenever one of them moves.
final class CurlDriver {
    private let loop: CurlLoop
    private let multi: UnsafeMutableRawPointer
    private var transfers: [CurlTransfer.ID: CurlTransfer] = [:]
    private var idle: [UnsafeMutableRawPointer] = []
    private var curlDeadline: ContinuousClock.Instant?
    private var silenceDeadline: ContinuousClock.Instant?
    private var stopping = false
    private static let kept = 64

    init?(loop: CurlLoop) {
        guard let multi = curl_multi_init() else { return nil }
        self.loop = loop
        self.multi = multi
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: loop.bell))
        guard epoll_ctl(loop.epoll, EPOLL_CTL_ADD, loop.bell, &event) == 0 else {
            curl_multi_cleanup(multi)
            return nil
        }
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = berth_curl_multi_set_socket(
            multi, { _, socket, what, context, known in CurlDriver.of(context)?.watch(socket, what, known: known != nil) ?? 0 }, context)
        _ = berth_curl_multi_set_timer(multi, { _, milliseconds, context in CurlDriver.of(context)?.setTimer(milliseconds) ?? 0 }, context)
        _ = berth_curl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, Int(loop.maximumConnections))
        _ = berth_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Int(loop.maximumConnections))
    }

    deinit {
        for easy in idle { curl_easy_cleanup(easy) }
        curl_multi_cleanup(multi)
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> CurlDriver? {
        context.map { Unmanaged<CurlDriver>.fromOpaque($0).takeUnretainedValue() }
    }

    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            for command in loop.take() { handle(command) }
            if stopping { break }
            let ready = epoll_wait(loop.epoll, &events, Int32(events.count), waitTime())
            for event in events.prefix(Int(max(0, ready))) {
                if event.data.fd == loop.bell {
                    var count: eventfd_t = 0
                    eventfd_read(loop.bell, &count)
                } else {
                    act(on: event.data.fd, events: event.events)
                }
            }
            if let due = curlDeadline, due <= .now {
                curlDeadline = nil
                act(on: CURL_SOCKET_BAD, events: 0)
            }
            collectFinished()
            endSilent()
        }
        for transfer in Array(transfers.values) {
            end(transfer, throwing: TransportError.unreachable(endpoint: loop.endpoint, why: "the client was shut down"))
        }
    }

    private func handle(_ command: CurlLoop.Command) {
        switch command {
        case .begin(let transfer): begin(transfer)
        case .cancel(let id): if let transfer = transfers[id] { end(transfer, throwing: CancellationError()) }
        case .fail(let id, let error): if let transfer = transfers[id] { end(transfer, throwing: error) }
        case .resume(let id):
            guard let transfer = transfers[id], let easy = transfer.easy else { return }
            transfer.lastActivity = .now
            curl_easy_pause(easy, 0)
        case .stop: stopping = true
        }
    }

    private func begin(_ transfer: CurlTransfer) {
        guard !stopping, let easy = idle.popLast() ?? curl_easy_init() else {
            let why = stopping ? "the client was shut down" : "out of memory"
            return transfer.finish(throwing: TransportError.unreachable(endpoint: loop.endpoint, why: why))
        }
        transfer.prepare(easy)
        if let failure = transfer.failure {
            recycle(easy)
            return transfer.finish(throwing: failure)
        }
        guard curl_multi_add_handle(multi, easy) == CURLM_OK else {
            recycle(easy)
            return transfer.finish(throwing: TransportError.unreachable(endpoint: loop.endpoint, why: "libcurl refused the request"))
        }
        transfers[transfer.id] = transfer
        if let limit = transfer.silenceLimit {
            let due = transfer.lastActivity + limit
            silenceDeadline = min(silenceDeadline ?? due, due)
        }
    }

    private func end(_ transfer: CurlTransfer, throwing error: (any Error)?) {
        transfers[transfer.id] = nil
        if let easy = transfer.easy {
            curl_multi_remove_handle(multi, easy)
            transfer.release()
            recycle(easy)
        }
        if let error { transfer.finish(throwing: error) } else { transfer.finish() }
    }

    private func recycle(_ easy: UnsafeMutableRawPointer) {
        guard idle.count < Self.kept else { return curl_easy_cleanup(easy) }
        curl_easy_reset(easy)
        idle.append(easy)
    }

    // MARK: Sockets and timers

    private func watch(_ socket: curl_socket_t, _ what: Int32, known: Bool) -> Int32 {
        guard what != CURL_POLL_REMOVE else {
            // Fails when libcurl has closed the socket already, which removed it too.
            _ = epoll_ctl(loop.epoll, EPOLL_CTL_DEL, socket, nil)
            return 0
        }
        var interest: UInt32 = 0
        if what & CURL_POLL_IN != 0 { interest |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { interest |= EPOLLOUT.rawValue }
        var event = epoll_event(events: interest, data: epoll_data_t(fd: socket))
        if epoll_ctl(loop.epoll, EPOLL_CTL_MOD, socket, &event) != 0, errno == ENOENT {
            guard epoll_ctl(loop.epoll, EPOLL_CTL_ADD, socket, &event) == 0 else { return -1 }
        }
        return 0
    }

    private func setTimer(_ milliseconds: Int) -> Int32 {
        curlDeadline = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
        return 0
    }

    private func waitTime() -> Int32 {
        let deadlines = [curlDeadline, silenceDeadline].compactMap { $0 }
        guard let first = deadlines.min() else { return -1 }
        let left = first - .now
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        return seconds >= 3600 ? 3_600_000 : Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    private func act(on socket: curl_socket_t, events: UInt32) {
        var mask: Int32 = 0
        if events & (EPOLLIN.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if events & EPOLLERR.rawValue != 0 { mask |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, mask, &running)
    }

    private func collectFinished() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            guard let raw = berth_curl_get_private(easy) else { continue }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(raw).takeUnretainedValue()
            end(transfer, throwing: transfer.error(for: code))
        }
    }

    private func endSilent() {
        let now = ContinuousClock.now
        guard let due = silenceDeadline, due <= now else { return }
        silenceDeadline = nil
        for transfer in Array(transfers.values) {
            guard let limit = transfer.silenceLimit else { continue }
            // Nobody is silent while this side holds the transfer up.
            if transfer.isPaused { transfer.lastActivity = now }
            let end = transfer.lastActivity + limit
            if end <= now {
                self.end(transfer, throwing: TransportError.timedOut(endpoint: loop.endpoint))
            } else {
                silenceDeadline = min(silenceDeadline ?? end, end)
            }
        }
    }
}
