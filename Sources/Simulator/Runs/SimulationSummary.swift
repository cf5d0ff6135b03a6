/// What many runs showed.
package struct SimulationSummary: Hashable, Sendable, Codable {
    package var runs = 0
    package var violations = 0
    package var firstFailingSeed: UInt64?
    package var simulatedHours = 0.0
    package var wallSeconds = 0.0
    /// Of all runs, in the order of their seeds: 16 hexadecimal digits.
    package var traceHash = ""
    package var acknowledged = 0
    /// The first few.
    package var failures: [Failure] = []

    package struct Failure: Hashable, Sendable, Codable {
        package var seed: UInt64
        package var promise: String
        package var atSeconds: Double
        package var what: String
    }

    private static let shownFailures = 20

    package init() {}

    /// - Parameter results: of each seed, in order.
    package init(_ results: [RunResult], wallSeconds: Double) {
        self.wallSeconds = wallSeconds
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for result in results {
            runs += 1
            simulatedHours += result.simulated.inSeconds / 3600
            acknowledged += result.acknowledged
            hash = (hash ^ result.traceHash) &* 0x0000_0100_0000_01B3
            guard let violation = result.violation else { continue }
            violations += 1
            if firstFailingSeed == nil { firstFailingSeed = result.seed }
            guard failures.count < Self.shownFailures else { continue }
            failures.append(
                Failure(
                    seed: result.seed, promise: violation.promise.rawValue, atSeconds: (violation.at - .zero).inSeconds, what: violation.what))
        }
        let digits = String(hash, radix: 16)
        traceHash = String(repeating: "0", count: 16 - digits.count) + digits
    }
}
