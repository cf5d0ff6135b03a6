import ArgumentParser
import Planner

struct CapacitySurvive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "survive", abstract: "How many nodes may be lost with every instance still placeable, and which break it.",
        discussion: "Every single node is tried; of larger sets those that hold the most, in all and among nodes of one kind.")

    @OptionGroup var answer: AnswerOptions
    @OptionGroup var source: SnapshotOptions

    func run() async throws {
        let survival = try CapacitySurvival(try await source.snapshot()) { try Task.checkCancellation() }
        try answer.show(survival, title: "Losing nodes")
    }
}
