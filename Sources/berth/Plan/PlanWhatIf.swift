import ArgumentParser
import ClusterModel
import Planner

struct PlanWhatIf: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "what-if", abstract: "What moves and what fails when nodes come, go or change, or a list is launched.",
        discussion: "Nodes are added and changed first, then lost, then the launches are placed.")

    @Option(help: ArgumentHelp("Add nodes like this one.", valueName: "node=count"), transform: PlanArguments.sizeCount)
    var add: [(size: Name, count: Int)] = []

    @Option(help: ArgumentHelp("Lose a node.", valueName: "node"), transform: ArgumentText.name)
    var lose: [Name] = []

    @Option(help: ArgumentHelp("Lose every node with a label, such as rack=r1.", valueName: "key=value"), transform: ArgumentText.label)
    var loseLabelled: [Label] = []

    @Option(
        help: ArgumentHelp("Give a node another size: a node's name, then its cpu and memory.", valueName: "node=cpu/memory"), transform: resizing)
    var resize: [PlannedChange] = []

    @Option(help: "The CPU overcommit of every node, in percent.")
    var cpuPercent: Int64?

    @Option(help: "The memory overcommit of every node, in percent.")
    var memoryPercent: Int64?

    @Option(help: "Another policy for what is placed.", transform: PlanArguments.policy)
    var policy: PlacementPolicy?

    @Option(help: ArgumentHelp("Launch instances of a size.", valueName: "size=count"), transform: PlanArguments.sizeCount)
    var launch: [(size: Name, count: Int)] = []

    @OptionGroup var answer: AnswerOptions
    @OptionGroup var source: SnapshotOptions

    func validate() throws {
        for percent in [cpuPercent, memoryPercent].compactMap({ $0 }) {
            guard (1...10_000).contains(percent) else { throw ValidationError("Overcommit is 1 to 10000 percent.") }
        }
    }

    func run() async throws {
        var changes: [PlannedChange] = add.map { .add(like: $0.size, count: $0.count) } + resize
        if cpuPercent != nil || memoryPercent != nil {
            changes.append(.overcommit(cpuPercent: cpuPercent, memoryPercent: memoryPercent, diskPercent: nil))
        }
        changes += lose.map { .lose($0) } + loseLabelled.map { .loseLabelled($0) }
        if let policy { changes.append(.policy(policy)) }
        changes += launch.map { .launch(size: $0.size, count: $0.count) }
        guard !changes.isEmpty else {
            throw CommandFailure(.usage, "say what changes: --add, --lose, --lose-labelled, --resize, --policy or --launch")
        }
        let snapshot = try await source.snapshot()
        do { try answer.show(try WhatIf(snapshot, changes: changes), title: "What if") } catch let error as WhatIf.Invalid where error.isUnknown {
            throw CommandFailure(.notFound, error.description)
        }
    }

    private static func resizing(_ text: String) throws -> PlannedChange {
        let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let amounts = pair.count == 2 ? pair[1].split(separator: "/", omittingEmptySubsequences: false).map(String.init) : []
        guard amounts.count == 2 else { throw ArgumentText.Invalid(description: "write node=cpu/memory, such as n1=64/256GiB") }
        return .resize(try Name(pair[0]), cpu: try Quantity.cpu(amounts[0]), memory: try Quantity.memory(amounts[1]), disk: nil)
    }
}
