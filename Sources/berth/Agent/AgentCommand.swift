import ArgumentParser

struct AgentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Run a node's agent.", subcommands: [AgentRun.self, AgentCheck.self, AgentShutdown.self])
}
