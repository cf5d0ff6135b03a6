import ClusterModel

/// When each step of a launch was done.
struct LaunchMarks: Sendable {
    private var began = Duration.zero
    private var passed: [InstanceWork: Duration] = [:]

    init() {}
    init(began: Duration) { self.began = began }

    mutating func pass(_ work: InstanceWork, at now: Duration) { passed[work] = now }

    /// Nil until the VMM has been spawned.
    var timings: StartTimings? {
        guard let spawned = passed[.startVMM] else { return nil }
        func microseconds(_ moment: Duration?) -> Int64 {
            let (seconds, attoseconds) = ((moment ?? began) - began).components
            return max(0, seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        }
        return StartTimings(
            imageReady: microseconds(passed[.fetchImage]), diskReady: microseconds(passed[.makeDisk]), seedReady: microseconds(passed[.makeSeed]),
            spawned: microseconds(spawned))
    }
}
