import DequeModule
import NIOCore
import Synchronization

/// Bytes from one task to another, with a bound: a sender that is ahead waits, and either side may end it.
final class BoundedPipe: Sendable {
    private struct State {
        var pieces: Deque<ByteBuffer> = []
        var bytes = 0
        var isFinished = false
        var senders: [CheckedContinuation<Void, Never>] = []
        var receiver: CheckedContinuation<Void, Never>?

        mutating func takeAll() -> [CheckedContinuation<Void, Never>] {
            defer {
                senders = []
                receiver = nil
            }
            return senders + (receiver.map { [$0] } ?? [])
        }
    }

    static let capacity = 256 << 10

    private let state = Mutex(State())

    /// False when the pipe is finished: nobody will read this.
    func send(_ piece: ByteBuffer) async -> Bool {
        while true {
            let (done, receiver) = state.withLock { state -> (Bool?, CheckedContinuation<Void, Never>?) in
                if state.isFinished { return (false, nil) }
                guard state.bytes < Self.capacity else { return (nil, nil) }
                state.pieces.append(piece)
                state.bytes += piece.readableBytes
                defer { state.receiver = nil }
                return (true, state.receiver)
            }
            receiver?.resume()
            if let done { return done }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let now = state.withLock { state -> Bool in
                        if state.isFinished || state.bytes < Self.capacity || Task.isCancelled { return true }
                        state.senders.append(continuation)
                        return false
                    }
                    if now { continuation.resume() }
                }
            } onCancel: {
                finish()
            }
        }
    }

    /// Nil when the pipe is finished and empty, or the task is cancelled.
    func receive() async -> ByteBuffer? {
        while true {
            let (piece, finished, senders) = state.withLock { state -> (ByteBuffer?, Bool, [CheckedContinuation<Void, Never>]) in
                guard let piece = state.pieces.popFirst() else { return (nil, state.isFinished, []) }
                state.bytes -= piece.readableBytes
                defer { state.senders = [] }
                return (piece, false, state.senders)
            }
            for sender in senders { sender.resume() }
            if let piece { return piece }
            if finished || Task.isCancelled { return nil }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let now = state.withLock { state -> Bool in
                        if state.isFinished || !state.pieces.isEmpty || state.receiver != nil || Task.isCancelled { return true }
                        state.receiver = continuation
                        return false
                    }
                    if now { continuation.resume() }
                }
            } onCancel: {
                state.withLock { state in
                    defer { state.receiver = nil }
                    return state.receiver
                }?.resume()
            }
        }
    }

    func finish() {
        let waiting = state.withLock { state in
            state.isFinished = true
            return state.takeAll()
        }
        for continuation in waiting { continuation.resume() }
    }
}
