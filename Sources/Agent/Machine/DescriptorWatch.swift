import CSpawn
import Glibc
import Synchronization

/// One thread that waits for many descriptors, for sockets of VMMs and ends of processes.
final class DescriptorWatch: Sendable {
    /// Called on the watching thread; must not block.
    typealias Handler = @Sendable () -> Void

    static let shared = DescriptorWatch()

    private let epoll: Int32
    private let handlers = Mutex<(next: UInt64, all: [UInt64: (descriptor: Int32, handler: Handler)])>((1, [:]))

    private init() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<DescriptorWatch>.fromOpaque(context).takeUnretainedValue().run()
                return nil
            }, context)
        pthread_detach(thread)
    }

    struct Registration: Sendable {
        fileprivate let key: UInt64
    }

    /// Calls the handler whenever the descriptor is readable or closed, until `remove`. The descriptor stays the caller's.
    func add(_ descriptor: Int32, _ handler: @escaping Handler) -> Registration {
        let key = handlers.withLock { handlers in
            defer { handlers.next += 1 }
            handlers.all[handlers.next] = (descriptor, handler)
            return handlers.next
        }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLRDHUP.rawValue
        event.data.u64 = key
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
        return Registration(key: key)
    }

    /// After this the handler is called at most once more, if it is running now. Call before closing the descriptor.
    func remove(_ registration: Registration) {
        guard let removed = handlers.withLock({ $0.all.removeValue(forKey: registration.key) }) else { return }
        var unused = epoll_event()
        epoll_ctl(epoll, EPOLL_CTL_DEL, removed.descriptor, &unused)
    }

    private func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), -1)
            guard count > 0 else { continue }
            for index in 0..<Int(count) {
                let key = events[index].data.u64
                handlers.withLock { $0.all[key]?.handler }?()
            }
        }
    }
}

extension DescriptorWatch {
    /// Returns when the descriptor is readable or closed by its other end, or the task is cancelled.
    func readable(_ descriptor: Int32) async {
        let once = Once()
        let signal = ChangeSignal()
        let registration = add(descriptor) { [self] in
            guard let registration = once.take() else { return }
            remove(registration)
            signal.raise()
        }
        once.put(registration)
        await signal.wait()
        remove(registration)
    }
}
