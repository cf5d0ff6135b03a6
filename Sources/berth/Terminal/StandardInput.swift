import FoundationEssentials
import Glibc
import Synchronization

/// Standard input, read by a thread of its own since a read of a terminal can't be cancelled; it reads only when asked, so nothing piles up.
final class StandardInput: Sendable {
    private struct State {
        var reader: CheckedContinuation<Data?, Never>?
        var ended = false
    }

    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    private let state = Mutex(State())
    /// Written to by `next`, one byte for a wish; closed by `end`.
    private let wishes: (read: Int32, write: Int32)

    init() throws {
        var pair: [Int32] = [-1, -1]
        guard pipe(&pair) == 0 else { throw CommandFailure(.failed, "no descriptor to read standard input with") }
        for descriptor in pair { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        wishes = (pair[0], pair[1])
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { raw in
                if let raw { Unmanaged<StandardInput>.fromOpaque(raw).takeRetainedValue().serve() }
                return nil
            }, box.toOpaque())
        guard result == 0 else {
            box.release()
            close(pair[0])
            close(pair[1])
            throw CommandFailure(.failed, "no thread to read standard input with")
        }
        pthread_detach(thread)
    }

    /// What was typed; nil at the end, and once `end` was called.
    func next() async -> Data? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let refused = state.withLock { state in
                    guard !state.ended, state.reader == nil else { return true }
                    state.reader = continuation
                    var wish: UInt8 = 1
                    guard write(wishes.write, &wish, 1) == 1 else {
                        state.reader = nil
                        return true
                    }
                    return false
                }
                if refused { continuation.resume(returning: nil) }
            }
        } onCancel: {
            end()
        }
    }

    func end() {
        let reader = state.withLock { state in
            guard !state.ended else { return nil as CheckedContinuation<Data?, Never>? }
            state.ended = true
            close(wishes.write)
            let reader = state.reader
            state.reader = nil
            return reader
        }
        reader?.resume(returning: nil)
    }

    private func serve() {
        defer { close(wishes.read) }
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        var wish: UInt8 = 0
        while read(wishes.read, &wish, 1) == 1 {
            var waiting = [pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0), pollfd(fd: wishes.read, events: Int16(POLLIN), revents: 0)]
            while poll(&waiting, 2, -1) < 0, errno == EINTR {}
            // With a wish outstanding, the pipe moves only when it is closed.
            if waiting[1].revents != 0 { return }
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            guard count > 0 else { return end() }
            let reader = state.withLock { state in
                let reader = state.reader
                state.reader = nil
                return reader
            }
            reader?.resume(returning: Data(buffer[..<count]))
        }
    }
}
