import Glibc
import Synchronization

/// Ctrl-C and SIGTERM: the first cancels the command, which then leaves things in order; the second ends the program at once.
enum Interrupt {
    private static let seen = Atomic<Int32>(0)
    private static let standing = Mutex<String?>(nil)

    /// The signal, once there was one.
    static var received: Int32? {
        let number = seen.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    /// What goes on without this program, and how to see it.
    static var notice: String? { standing.withLock { $0 } }
    static func setNotice(_ text: String?) { standing.withLock { $0 = text } }

    /// To be called before there is a second thread, so that every thread leaves the signals to the one that waits for them.
    static func blockSignals() {
        var signals = watched
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    static func watch(_ cancel: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(cancel))
        let result = pthread_create(&thread, nil, { raw in Interrupt.wait(raw) }, box.toOpaque())
        if result == 0 { pthread_detach(thread) } else { box.release() }
    }

    private static var watched: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        return signals
    }

    private static func wait(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let raw else { return nil }
        let box = Unmanaged<Box>.fromOpaque(raw).takeRetainedValue()
        var signals = watched
        while true {
            var number: Int32 = 0
            guard sigwait(&signals, &number) == 0 else { continue }
            guard seen.exchange(number, ordering: .acquiringAndReleasing) == 0 else {
                RawTerminal.restore()
                _exit(128 + number)
            }
            box.cancel()
        }
    }

    private final class Box: Sendable {
        let cancel: @Sendable () -> Void
        init(_ cancel: @escaping @Sendable () -> Void) { self.cancel = cancel }
    }
}
