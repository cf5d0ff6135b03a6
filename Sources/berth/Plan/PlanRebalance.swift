import ArgumentParser
import ClusterAPI
import ClusterModel
import Planner

struct PlanRebalance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebalance", abstract: "The fewest moves that empty nodes, or level their load, in an order in which each is legal.",
        discussion: """
            With --apply the plan has only what can migrate as it is, is shown, and is performed: running instances go live, stopped ones cold,
            begun in the plan's order. What the cluster refuses meanwhile ends it, with all that was done standing.
              berth plan rebalance --max-moves 20
              berth plan rebalance --goal level-load --apply --parallel 2 --bandwidth 100 --yes
            """)

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

    @Flag(help: "Perform the plan on the live cluster.")
    var apply = false

    @OptionGroup(title: "With --apply") var applying: RebalanceOptions
    @OptionGroup var answer: AnswerOptions
    @OptionGroup var source: SnapshotOptions

    func validate() throws {
        if apply, source.cluster != nil { throw ValidationError("--apply moves what runs, and --cluster names a file: leave one of them out") }
        if !apply, applying.areGiven { throw ValidationError("--parallel, --bandwidth, --max-downtime, --timeout and --yes go with --apply") }
    }

    func run() async throws {
        let snapshot = apply ? try await source.live(migrating: true) : try await source.snapshot()
        let plan = RebalancePlan(
            snapshot, goal: goal.planned, maxMoves: maxMoves, maxMemory: maxMoveGib.map { MiB(Int64($0) << 10) }, steps: steps,
            isStopped: { Task.isCancelled })
        try Task.checkCancellation()
        try answer.show(plan, title: "Rebalance")
        guard apply else { return }
        if plan.moves.isEmpty {
            if !source.connection.quiet { StandardError.write("nothing to move\n") }
            return
        }
        try Confirmation.ask("Migrate \(plan.moves.count) instances?", yes: applying.yes)
        try await RebalanceApplying(client: source.connection.client(), options: applying, quiet: source.connection.quiet).perform(plan.moves)
    }
}
