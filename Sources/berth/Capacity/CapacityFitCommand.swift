import ArgumentParser
import ClusterModel
import Placement
import Planner

struct CapacityFitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit", abstract: "How many more instances of a size fit, or of a mix, also with nodes lost.")

    @Argument(help: "Sizes; every known one when none is named.", transform: ArgumentText.name)
    var sizes: [Name] = []

    @Option(
        help: ArgumentHelp("One set of a mix, such as --mix web=3 --mix database=1.", valueName: "size=count"), transform: PlanArguments.sizeCount)
    var mix: [(size: Name, count: Int)] = []

    @Option(help: ArgumentHelp("As if this node were lost.", valueName: "node"), transform: ArgumentText.name)
    var without: [Name] = []

    @Option(help: ArgumentHelp("As if every node with this label were lost, such as rack=r1.", valueName: "key=value"), transform: ArgumentText.label)
    var withoutLabelled: [Label] = []

    @OptionGroup var answer: AnswerOptions
    @OptionGroup var source: SnapshotOptions

    func run() async throws {
        var snapshot = try await source.snapshot()
        let known = snapshot.sizes
        func find(_ name: Name) throws -> Size {
            guard let size = known.first(where: { $0.name == name }) else { throw CommandFailure(.notFound, "there is no size “\(name)”") }
            return size
        }
        let asked = try sizes.isEmpty ? known : sizes.map(find)
        let set = try mix.map { (size: try find($0.size), count: $0.count) }
        for name in without where !snapshot.nodes.contains(where: { $0.placement.name == name }) {
            throw CommandFailure(.notFound, "there is no node “\(name)”")
        }
        snapshot.lose { node in without.contains(node.name) || withoutLabelled.contains { node.labels.contains($0) } }
        let unplaced = snapshot.placeWaiting().count
        if unplaced > 0 { StandardError.write("berth: \(unplaced) instances have no room once those nodes are lost\n") }
        try answer.show(CapacityFit(snapshot, sizes: asked, mix: set), title: "Room for more")
    }
}
