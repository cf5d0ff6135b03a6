import ClusterAPI
import Synchronization

/// What is counted, in the base units and by the names that Prometheus users expect.
final class Metrics: Sendable {
    struct Histogram: Sendable {
        let bounds: [Double]
        private(set) var counts: [Int]
        private(set) var sum = 0.0
        private(set) var count = 0

        init(bounds: [Double]) {
            self.bounds = bounds
            counts = Array(repeating: 0, count: bounds.count)
        }

        mutating func observe(_ value: Double) {
            if let place = bounds.firstIndex(where: { value <= $0 }) { counts[place] += 1 }
            sum += value
            count += 1
        }
    }

    struct RequestKey: Hashable, Sendable {
        /// Nil where no route matched.
        var route: Route?
        var status: Int
    }

    struct Values: Sendable {
        var requests: [RequestKey: Int] = [:]
        var durations: [Route: Histogram] = [:]
        var commits = Histogram(bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1])
        var batches = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
        var inFlight = 0
    }

    private let values = Mutex(Values())
    private static let requestBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    var snapshot: Values { values.withLock { $0 } }

    func began() { values.withLock { $0.inFlight += 1 } }

    func answered(_ route: Route?, status: Int, took: Duration) {
        values.withLock { values in
            values.inFlight -= 1
            values.requests[RequestKey(route: route, status: status), default: 0] += 1
            guard let route else { return }
            values.durations[route, default: Histogram(bounds: Self.requestBounds)].observe(took.inSeconds)
        }
    }

    func committed(commands: Int, took: Duration) {
        values.withLock { values in
            values.commits.observe(took.inSeconds)
            values.batches.observe(Double(commands))
        }
    }
}

extension Duration {
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
