import ArgumentParser
import ClusterModel
import Foundation
import Simulator

/// The whole cluster in one thread, with virtual time and one seed: what can go wrong goes wrong, and every promise is held against it.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Run Berth's decisions through faults in virtual time, and check what was promised.",
        discussion: """
            The same seed is the same run, always. Exits with 1 when a promise was broken; --shrink then shows the fewest faults and
            requests that still break it, and what happened.

            berth simulate --runs 100
            berth simulate --cluster FILE --runs 100           all that can go wrong, on your own nodes
            berth simulate --cluster FILE --lose rack=r2       only this goes wrong: what becomes of what ran there
            """)

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "How many seeds, one after the other; 1 to 1000000.", transform: ArgumentText.positive)
    var runs: Int = 1

    @Option(help: "How many nodes, 1 to 1000.", transform: ArgumentText.positive)
    var nodes: Int = 20

    @Option(help: "About how many instances, 1 to 10000.", transform: ArgumentText.positive)
    var instances: Int = 200

    @Option(help: "Of virtual time in each run, 0.2 to 1000; the last part is calm.")
    var hours: Double = 1

    @Option(help: ArgumentHelp("Make this mistake on purpose; “list” names them.", valueName: "fault"))
    var plant: String?

    @Flag(help: "Make the first failure as small as it gets, and print it.")
    var shrink = false

    @Flag(help: "Print no progress.")
    var quiet = false

    @OptionGroup var simulated: SimulatedCluster
    @OptionGroup var outputOptions: OutputOptions

    private static let hoursRange = 0.2...1000.0

    func validate() throws {
        guard Self.hoursRange.contains(hours) else { throw ValidationError("--hours is 0.2 to 1000.") }
        guard nodes <= 1000 else { throw ValidationError("--nodes is at most 1000.") }
        guard instances <= 10_000 else { throw ValidationError("--instances is at most 10000.") }
        guard seed <= UInt64.max - UInt64(runs) else { throw ValidationError("--seed is too large for so many runs.") }
        _ = try plantedFault()
    }

    private func plantedFault() throws -> PlantedFault? {
        guard let plant, plant != "list" else { return nil }
        guard let fault = PlantedFault(rawValue: plant) else {
            throw ValidationError("--plant: there is no fault “\(Printable(plant, limit: 40))”; see berth simulate --plant list -o name.")
        }
        return fault
    }

    func run() async throws {
        if plant == "list" {
            return try StandardOutput.write(Self.list.text(of: PlantedFault.allCases.map(PlantedFaultRow.init), as: outputOptions.output))
        }
        if let loss = try simulated.loss() { return try show(LossReport(loss)) }
        let results = try await SimulationRuns(settings: try settings(), seeds: seed..<seed + UInt64(runs), quiet: quiet).run()
        try StandardOutput.write(Self.presentation.text(of: results, as: outputOptions.output))
        guard let failing = results.firstFailingSeed else { return }
        var first = try settings()
        first.seed = failing
        if shrink { try Self.show(first) }
        let failure = results.failures.first
        throw CommandFailure(.failed, "seed \(failing) breaks the promise that \(failure?.promise ?? "was made"): \(failure?.what ?? "")")
    }

    private func show(_ report: LossReport) throws {
        switch outputOptions.output {
        case .json: try StandardOutput.write(Rendering.json(report))
        case .yaml: try StandardOutput.write(Rendering.yaml(report))
        case .table, .wide, .name: try StandardOutput.write(LossText.presentation.text(of: report.instances, as: outputOptions.output))
        }
        if !quiet { StandardError.write(LossText.summary(of: report)) }
        if let violation = report.violation { throw CommandFailure(.failed, "a promise was broken: \(violation)") }
    }

    private func settings() throws -> SimulationSettings {
        SimulationSettings(
            seed: seed, shape: try simulated.shape() ?? .even(nodes: nodes, instances: instances), instances: instances,
            length: .milliseconds(Int((hours * 3_600_000).rounded())), planted: try plantedFault())
    }

    private static func show(_ settings: SimulationSettings) throws {
        guard let small = Shrinking(settings) else { return }
        var text = "\nseed \(settings.seed) with \(small.plan.faults.count) faults and \(small.plan.intents.count) requests:\n"
        for fault in small.plan.faults { text += "  \(fault)\n" }
        for intent in small.plan.intents { text += "  \(intent)\n" }
        text += "what happened:\n"
        for line in small.trace().suffix(200) { text += "  \(line)\n" }
        StandardError.write(text)
    }

    private static var presentation: Presentation<SimulationSummary> {
        Presentation(
            columns: [
                Column("RUNS", .right) { "\($0.runs)" }, Column("VIOLATIONS", .right) { "\($0.violations)" },
                Column("FIRST FAILING SEED", .right) { $0.firstFailingSeed.map { "\($0)" } ?? "-" },
                Column("SIMULATED HOURS", .right) { String(format: "%.1f", $0.simulatedHours) },
                Column("WALL SECONDS", .right) { String(format: "%.1f", $0.wallSeconds) }, Column("TRACE HASH") { $0.traceHash },
            ], name: { $0.traceHash })
    }

    private static var list: Presentation<PlantedFaultRow> {
        Presentation(columns: [Column("FAULT") { $0.fault }], name: { $0.fault })
    }

    struct PlantedFaultRow: Encodable {
        var fault: String
        init(_ fault: PlantedFault) { self.fault = fault.rawValue }
    }
}
