import ArgumentParser
import Glibc
import Planner

/// The placement engine alone, without API and storage.
struct BenchPlacement: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "placement", abstract: "Time the placement engine: decisions a second, and the slowest of single ones.")

    @Option(help: "How many nodes, 1 to 1000000.", transform: ArgumentText.positive)
    var nodes: Int = 10_000

    @Option(help: "For how many seconds, 1 to 600.", transform: ArgumentText.positive)
    var seconds: Int = 5

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard seconds <= 600 else { throw ValidationError("--seconds is at most 600.") }
    }

    func run() async throws {
        let begun = ContinuousClock.now
        let benchmark = PlacementBenchmark(
            nodes: nodes, seconds: Double(seconds), now: { Int64((ContinuousClock.now - begun) / .nanoseconds(1)) }, peakMemory: Self.peakMemory)
        guard let result = benchmark.run(isCancelled: { Task.isCancelled }) else { throw CancellationError() }
        try StandardOutput.write(Self.presentation.text(of: result, as: outputOptions.output))
    }

    private static func peakMemory() -> Int64 {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int64(usage.ru_maxrss) << 10
    }

    private static var presentation: Presentation<PlacementBenchmark.Result> {
        Presentation(
            columns: [
                Column("NODES", .right) { "\($0.nodes)" }, Column("INSTANCES", .right) { "\($0.instances)" },
                Column("DECISIONS/S", .right) { "\(Int($0.decisionsPerSecond))" },
                Column("P50", .right) { "\($0.p50Nanoseconds) ns" }, Column("P99", .right) { "\($0.p99Nanoseconds) ns" },
                Column("MEMORY", .right) { HumanText.bytes($0.peakMemoryBytes) },
            ], name: { "\(Int($0.decisionsPerSecond))" })
    }
}
