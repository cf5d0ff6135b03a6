import ArgumentParser

struct CapacityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity", abstract: "What there is, what still fits, and what may break.",
        subcommands: [CapacityShow.self, CapacityFitCommand.self, CapacitySurvive.self, CapacityHistoryCommand.self],
        defaultSubcommand: CapacityShow.self)
}
