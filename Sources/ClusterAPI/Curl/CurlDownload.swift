import FoundationEssentials
import Synchronization

/// The bytes of a streamed answer between the network thread and the reader. Over a mark the transfer pauses until the reader has caught up.
final class CurlDownload: Sendable {
    private struct State {
        var bytes = Data()
        var paused = false
        var ended = false
        var error: (any Error)?
        var reader: CheckedContinuation<Data?, any Error>?
        var loop: CurlLoop?
        var transfer: CurlTransfer.ID = 0
    }

    private let state = Mutex(State())
    private static let mark = 256 << 10

    var isPaused: Bool { state.withLock { $0.paused } }

    func connect(to loop: CurlLoop, transfer: CurlTransfer.ID) {
        state.withLock {
            $0.loop = loop
            $0.transfer = transfer
        }
    }

    /// False when there is no room: libcurl keeps the piece and offers it again.
    func offer(_ piece: UnsafeRawBufferPointer) -> Bool {
        let (taken, reader) = state.withLock { state -> (Bool, CheckedContinuation<Data?, any Error>?) in
            if let reader = state.reader {
                state.reader = nil
                return (true, reader)
            }
            guard state.bytes.count < Self.mark else {
                state.paused = true
                return (false, nil)
            }
            state.bytes.append(contentsOf: piece)
            return (true, nil)
        }
        reader?.resume(returning: Data(piece))
        return taken
    }

    func finish(throwing error: (any Error)?) {
        let reader = state.withLock { state in
            guard !state.ended else { return nil as CheckedContinuation<Data?, any Error>? }
            state.ended = true
            state.loop = nil
            let reader = state.reader
            state.reader = nil
            // A reader that waits is told now; one that comes later, after the bytes that are left.
            if reader == nil { state.error = error }
            return reader
        }
        guard let reader else { return }
        if let error { reader.resume(throwing: error) } else { reader.resume(returning: nil) }
    }

    /// What has arrived, at least one byte; nil at the end.
    func next() async throws -> Data? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state in Self.take(&state, for: continuation) }
                result.map { continuation.resume(with: $0) }
                if Task.isCancelled { abandon() }
            }
        } onCancel: {
            abandon()
        }
    }

    private static func take(_ state: inout State, for reader: CheckedContinuation<Data?, any Error>) -> Result<Data?, any Error>? {
        if !state.bytes.isEmpty {
            var taken = Data()
            swap(&taken, &state.bytes)
            if state.paused {
                state.paused = false
                state.loop?.post(.resume(state.transfer))
            }
            return .success(taken)
        }
        if let error = state.error {
            state.error = nil
            return .failure(error)
        }
        if state.ended || state.reader != nil { return .success(nil) }
        state.reader = reader
        return nil
    }

    /// The reader has gone: so does the transfer.
    func abandon() {
        let (loop, id) = state.withLock { ($0.loop, $0.transfer) }
        loop?.post(.cancel(id))
    }
}
