import ArgumentParser
import ClusterModel
import Planner

struct PlanRebalance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebalance", abstract: "The fewest moves that empty nodes, or level their load, in an order in which each is legal.")

    enum Goal: String, CaseIterable, ExpressibleByArgument {
        case emptyNodes = "empty-nodes"
        case levelLoad = "level-load"
        var planned: RebalancePlan.Goal { self == .emptyNodes ? .emptyNodes : .levelLoad }
    }

    @Option(help: "empty-nodes or level-load.")
    var goal: Goal = .emptyNodes

    @Option(help: "How many instances may move.", transform: ArgumentText.positive)
    var maxMoves: Int = 100

    @Option(help: "How much memory may move in all, in GiB.", transform: ArgumentText.positive)
    var maxMoveGib: Int?

    @Option(help: "How far the search may go.", transform: PlanArguments.count)
    var steps: Int = RebalancePlan.defaultSteps

    @OptionGroup var answer: AnswerOptions
    @OptionGroup var source: SnapshotOptions

    func run() async throws {
        let snapshot = try await source.snapshot()
        let plan = RebalancePlan(
            snapshot, goal: goal.planned, maxMoves: maxMoves, maxMemory: maxMoveGib.map { MiB(Int64($0) << 10) }, steps: steps,
            isStopped: { Task.isCancelled })
        try Task.checkCancellation()
        try answer.show(plan, title: "Rebalance")
    }
}
