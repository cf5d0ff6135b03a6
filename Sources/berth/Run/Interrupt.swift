import Glibc
import Synchronization

/// Ctrl-C and SIGTERM: the first cancels the command, which then leaves things in order; the second ends the program at once.
enum Interrupt {
    private static let seen = Atomic<Int32>(0)
    private static let bell = Atomic<Int32>(-1)
    private static let standing = Mutex<String?>(nil)

    /// The signal, once there was one.
    static var received: Int32? {
        let number = seen.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    /// What goes on without this program, and how to see it.
    static var notice: String? { standing.withLock { $0 } }
    static func setNotice(_ text: String?) { standing.withLock { $0 = text } }

    /// A signal that the program was started with as ignored, as under `nohup`, stays so.
    static func watch(_ cancel: @escaping @Sendable () -> Void) {
        var pair: [Int32] = [-1, -1]
        guard pipe(&pair) == 0 else { return }
        for descriptor in pair { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        bell.store(pair[1], ordering: .releasing)
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Watch(bell: pair[0], cancel: cancel))
        let result = pthread_create(
            &thread, nil,
            { raw in
                if let raw { Unmanaged<Watch>.fromOpaque(raw).takeRetainedValue().serve() }
                return nil
            }, box.toOpaque())
        guard result == 0 else { return box.release() }
        pthread_detach(thread)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            var action = sigaction()
            guard sigaction(number, nil, &action) == 0, action.__sigaction_handler.sa_handler == nil else { continue }
            action.__sigaction_handler.sa_handler = { number in
                let before = errno
                var byte = UInt8(truncatingIfNeeded: number)
                write(Interrupt.bell.load(ordering: .acquiring), &byte, 1)
                errno = before
            }
            action.sa_flags = SA_RESTART
            sigaction(number, &action, nil)
        }
    }

    private final class Watch: Sendable {
        private let bell: Int32
        private let cancel: @Sendable () -> Void

        init(bell: Int32, cancel: @escaping @Sendable () -> Void) {
            self.bell = bell
            self.cancel = cancel
        }

        func serve() {
            var byte: UInt8 = 0
            while true {
                guard read(bell, &byte, 1) == 1 else { continue }
                guard seen.exchange(Int32(byte), ordering: .acquiringAndReleasing) == 0 else {
                    RawTerminal.restore()
                    _exit(128 + Int32(byte))
                }
                cancel()
            }
        }
    }
}
