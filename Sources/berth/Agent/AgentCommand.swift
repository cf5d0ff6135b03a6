import ArgumentParser

struct AgentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Run a node's agent, and check and prepare its machine.",
        subcommands: [AgentRun.self, AgentCheckCommand.self, AgentShutdown.self])
}
