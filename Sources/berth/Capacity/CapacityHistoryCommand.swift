import ArgumentParser
import ClusterAPI
import ClusterModel
import Planner

struct CapacityHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "What there was and what of it was taken, as the live cluster's controller has noted it.",
        discussion: "A sample every five minutes, 2048 at most: the farther back, the fewer.")

    @Option(help: ArgumentHelp("Only the latest so many samples.", valueName: "count"), transform: ArgumentText.positive)
    var last: Int?

    @OptionGroup var answer: AnswerOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let samples = try await connection.client().capacityHistory().samples
        try answer.show(CapacityCourse(samples: last.map { Array(samples.suffix($0)) } ?? samples), title: "Capacity over time")
    }
}
