import ArgumentParser

struct AgentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Run a node's agent.", subcommands: [AgentRun.self, AgentJoin.self, AgentCheck.self, AgentShutdown.self])
}
