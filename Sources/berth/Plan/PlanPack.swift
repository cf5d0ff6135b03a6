import ArgumentParser
import Planner

struct PlanPack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "How many equal nodes does a list of VMs need? With a proven lower bound.",
        discussion: """
            FILE is in VPSolver's .vbp format: the number of dimensions, the capacities, the number of
            item types, and for each its sizes and how many there are. `.xz` and `.gz` are unpacked.
            """)

    @Argument(help: "The list, in .vbp format.")
    var file: String

    @Option(help: "How many fit tests the search may do; about 40 million a second.", transform: PlanArguments.count)
    var steps: Int = PackingPlan.defaultSteps

    @Option(help: "Another seed gives another search.")
    var seed: UInt64 = 1

    @Option(help: "Stop after so many seconds whatever is left of the steps; the answer says so.", transform: ArgumentText.positive)
    var safetyStop: Int = 600

    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        let instance = try VBPReader.read(try await TraceFile.bytes(of: file), file: file)
        let end = ContinuousClock.now + .seconds(safetyStop)
        let plan = PackingPlan(instance, steps: steps, seed: seed) { Task.isCancelled || ContinuousClock.now >= end }
        try Task.checkCancellation()
        try answer.show(plan, title: "Packing \(file)")
    }
}
