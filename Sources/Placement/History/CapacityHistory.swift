import ClusterModel

/// Samples for a forecast, a bounded number of them: the farther back, the fewer. The first is never forgotten, so that the whole past is told of.
package struct CapacityHistory: Hashable, Sendable, Codable {
    /// In the order of time.
    package private(set) var samples: [CapacitySample] = []
    package let limit: Int
    /// Samples closer together are not kept.
    package let interval: Milliseconds

    package init(limit: Int = 2048, interval: Milliseconds = Milliseconds(seconds: 300)) {
        self.limit = max(4, limit)
        self.interval = interval
    }

    /// False where it came too soon after the last, or before it, and was not taken.
    @discardableResult
    package mutating func add(_ sample: CapacitySample) -> Bool {
        if let last = samples.last, sample.at.milliseconds &- last.at.milliseconds < interval.count { return false }
        samples.append(sample)
        if samples.count > limit { thin() }
        return true
    }

    /// Every other sample of the older half goes.
    private mutating func thin() {
        let half = samples.count / 2
        samples = samples[..<half].enumerated().filter { $0.offset % 2 == 0 }.map(\.element) + samples[half...]
    }
}
