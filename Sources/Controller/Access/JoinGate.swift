import ClusterModel
import Synchronization

/// Joining needs no name, so all attempts together are held to a rate.
final class JoinGate: Sendable {
    private struct State {
        var left: Double
        var at: ContinuousClock.Instant
    }

    private let rate: Double
    private let burst: Double
    private let state: Mutex<State>

    /// - Parameters: attempts in a second, and at once after a silence.
    init(rate: Double = 20, burst: Double = 200) {
        self.rate = rate
        self.burst = burst
        state = Mutex(State(left: burst, at: .now))
    }

    func pass(at now: ContinuousClock.Instant = .now) throws(ErrorBody) {
        let passes = state.withLock { state in
            let (seconds, attoseconds) = (now - state.at).components
            state.left = min(burst, state.left + (Double(seconds) + Double(attoseconds) / 1e18) * rate)
            state.at = now
            guard state.left >= 1 else { return false }
            state.left -= 1
            return true
        }
        guard passes else { throw ErrorBody(code: .tooManyRequests, message: "Too many nodes try to join at once; try again in a few seconds.") }
    }
}
