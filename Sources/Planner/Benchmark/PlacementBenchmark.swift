import ClusterModel
import Placement

/// Times the placement engine alone: no API, no storage. The load is made from a seed, so that every run has the same.
package struct PlacementBenchmark {
    package struct Result: Hashable, Sendable, Codable {
        package var nodes: Int
        package var instances: Int
        /// Place, allocate and release with the index kept, at 80 % of the nodes' CPU, 30 % of the requests with labels or anti-affinity.
        package var decisionsPerSecond: Double
        /// Of single decisions under the worst of `mixes`.
        package var p50Nanoseconds: Int64
        package var p99Nanoseconds: Int64
        package var peakMemoryBytes: Int64
        /// Single decisions under each mix of constraints, worst first.
        package var mixes: [MixResult]
    }

    package struct MixResult: Hashable, Sendable, Codable {
        package var mix: BenchmarkMix
        package var p50Nanoseconds: Int64
        package var p99Nanoseconds: Int64
        package var refused: Int
        package var decisions: Int
    }

    package var nodes: Int
    package var seconds: Double
    package var policy: PlacementPolicy
    /// Nanoseconds of a clock that only goes forward.
    private let now: () -> Int64
    /// The most memory that this process ever had resident, in bytes.
    private let peakMemory: () -> Int64

    package init(nodes: Int, seconds: Double, policy: PlacementPolicy = .pack, now: @escaping () -> Int64, peakMemory: @escaping () -> Int64) {
        self.nodes = nodes
        self.seconds = seconds
        self.policy = policy
        self.now = now
        self.peakMemory = peakMemory
    }

    /// `isCancelled` is asked a few hundred times a second; the result is nil when it was so.
    package func run(isCancelled: () -> Bool = { false }) -> Result? {
        var load = BenchmarkLoad(nodes: nodes, policy: policy)
        guard load.fill(isCancelled) else { return nil }
        let instances = load.instances
        guard let rate = throughput(&load, isCancelled) else { return nil }
        let memory = peakMemory()
        var mixes: [MixResult] = []
        for mix in BenchmarkMix.allCases {
            guard let result = latency(of: mix, &load, isCancelled) else { return nil }
            mixes.append(result)
        }
        mixes.sort { ($0.p99Nanoseconds, $1.mix.rawValue) > ($1.p99Nanoseconds, $0.mix.rawValue) }
        return Result(
            nodes: nodes, instances: instances, decisionsPerSecond: rate, p50Nanoseconds: mixes.first?.p50Nanoseconds ?? 0,
            p99Nanoseconds: mixes.first?.p99Nanoseconds ?? 0, peakMemoryBytes: memory, mixes: mixes)
    }

    private func throughput(_ load: inout BenchmarkLoad, _ isCancelled: () -> Bool) -> Double? {
        let requests = load.requests(of: .usual, count: 4096)
        let end = Int64(seconds * 1e9)
        let start = now()
        var decisions = 0
        while true {
            for request in requests.shuffledSlice(from: decisions) where load.turnOver(request) { decisions += 1 }
            let elapsed = now() - start
            if elapsed >= end { return Double(decisions) * 1e9 / Double(max(1, elapsed)) }
            if isCancelled() { return nil }
        }
    }

    /// Each decision is taken on the full cluster and undone again, so that every mix meets the same state.
    private func latency(of mix: BenchmarkMix, _ load: inout BenchmarkLoad, _ isCancelled: () -> Bool) -> MixResult? {
        let limit = Int64(seconds * 1e9) / Int64(BenchmarkMix.allCases.count)
        var times: [Int64] = []
        var refused = 0
        let start = now()
        for request in load.requests(of: mix, count: 2000) {
            let before = now()
            let wasPlaced = load.placeAndUndo(request)
            let after = now()
            times.append(after - before)
            if !wasPlaced { refused += 1 }
            if isCancelled() { return nil }
            if after - start > limit, times.count >= 200 { break }
        }
        times.sort()
        return MixResult(
            mix: mix, p50Nanoseconds: times[times.count / 2], p99Nanoseconds: times[times.count * 99 / 100], refused: refused, decisions: times.count)
    }
}

extension Array {
    /// A few hundred elements, another few hundred each time.
    fileprivate func shuffledSlice(from start: Int) -> ArraySlice<Element> {
        let width = Swift.min(256, count)
        let first = start % (count - width + 1)
        return self[first..<first + width]
    }
}
