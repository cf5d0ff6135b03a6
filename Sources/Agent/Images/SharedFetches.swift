import ClusterModel
import Synchronization

/// Downloads that several may wait for: one for each image, given up when nobody waits for it any more.
final class SharedFetches: Sendable {
    typealias Waiter = CheckedContinuation<CachedImage, any Error>

    private struct Fetch {
        var number: Int
        var task: Task<Void, Never>
        var waiters: [Int: Waiter] = [:]
    }

    private struct State {
        var next = 0
        var fetches: [Digest: Fetch] = [:]

        mutating func number() -> Int {
            next += 1
            return next
        }
    }

    private let state = Mutex(State())

    /// Begins the work, or joins that which another began. Cancelling the task ends the wait at once.
    func value(of digest: Digest, _ work: @escaping @Sendable (Int) async throws -> CachedImage) async throws -> CachedImage {
        let waiter = state.withLock { $0.number() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { state in
                    if state.fetches[digest] == nil { state.fetches[digest] = begin(digest, state.number(), work) }
                    state.fetches[digest]?.waiters[waiter] = continuation
                }
                if Task.isCancelled { leave(digest, waiter) }
            }
        } onCancel: {
            leave(digest, waiter)
        }
    }

    private func begin(_ digest: Digest, _ number: Int, _ work: @escaping @Sendable (Int) async throws -> CachedImage) -> Fetch {
        Fetch(
            number: number,
            task: Task {
                let result: Result<CachedImage, any Error>
                do { result = .success(try await work(number)) } catch { result = .failure(error) }
                finish(digest, number, result)
            })
    }

    private func finish(_ digest: Digest, _ number: Int, _ result: Result<CachedImage, any Error>) {
        let fetch = state.withLock { state in
            state.fetches[digest]?.number == number ? state.fetches.removeValue(forKey: digest) : nil
        }
        for waiter in fetch?.waiters.values.map(\.self) ?? [] { waiter.resume(with: result) }
    }

    private func leave(_ digest: Digest, _ waiter: Int) {
        let (left, abandoned) = state.withLock { state in
            let left = state.fetches[digest]?.waiters.removeValue(forKey: waiter)
            let isAlone = left != nil && state.fetches[digest]?.waiters.isEmpty == true
            return (left, isAlone ? state.fetches.removeValue(forKey: digest) : nil)
        }
        left?.resume(throwing: WorkFailure("cancelled"))
        abandoned?.task.cancel()
    }
}
