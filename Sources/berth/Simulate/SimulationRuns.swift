import Foundation
import Simulator
import Synchronization

/// Many seeds, each on one thread, on all the machine's cores.
struct SimulationRuns: Sendable {
    let settings: SimulationSettings
    let seeds: Range<UInt64>
    let quiet: Bool

    func run() async throws -> SimulationSummary {
        let progress = ProgressLine(quiet: quiet)
        defer { progress.end() }
        let begun = ContinuousClock.now
        let done = Mutex((runs: 0, violations: 0))
        let results = try await Array(seeds).concurrentMap(width: ProcessInfo.processInfo.activeProcessorCount) { seed in
            try Task.checkCancellation()
            var one = settings
            one.seed = seed
            let result = SimulationRun.run(one)
            let (runs, violations) = done.withLock { done in
                done.runs += 1
                if result.violation != nil { done.violations += 1 }
                return done
            }
            progress.show("simulating, \(violations) violations", done: Int64(runs), of: Int64(seeds.count))
            return result
        }
        let took = (ContinuousClock.now - begun) / .seconds(1)
        return SimulationSummary(results, wallSeconds: took)
    }
}
