import Agent
import ArgumentParser
import ClusterAPI

struct AgentCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Print what this machine lacks for running an agent, each with the command that mends it.",
        discussion: "Exit code 0: nothing is missing. 1: something is.")

    @Option(help: ArgumentHelp("The agent's configuration file.", valueName: "file"), completion: .file(extensions: ["yaml"]))
    var config: String

    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let configuration = try AgentConfiguration(text: try ConfigurationFile.text(config), file: config)
        let findings = await AgentCheck(configuration: configuration, transport: try? CurlTransport(endpoint: configuration.controller)).findings()
        try StandardOutput.write(Self.presentation.text(of: findings, as: outputOptions.output))
        guard !findings.contains(where: { $0.state == .missing }) else { throw ExitStatus.failed }
    }

    static let presentation = Presentation<AgentCheck.Finding>(
        columns: [
            Column("WHAT") { $0.name }, Column("STATE") { $0.state.rawValue }, Column("FOUND") { $0.detail },
            Column("TO MEND IT") { $0.remedy ?? "" },
        ], name: { $0.name })
}
