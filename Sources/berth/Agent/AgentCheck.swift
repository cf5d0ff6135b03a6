import Agent
import ArgumentParser
import ClusterAPI
import Logging

struct AgentCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what this machine lacks for running an agent, each with the command that mends it.",
        discussion: "Ends with 0 when nothing is missing, with 1 otherwise; warnings are no failure.")

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file(extensions: ["yaml"]))
    var config: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let configuration = try AgentConfiguration(contentsOf: config)
        // Without a certificate the controller is not asked.
        let transport = try? CertificateKeeper.connect(configuration, logger: ServiceRun.logger("berth.agent", level: .critical)).0
        let findings = await Agent.AgentCheck(configuration: configuration, transport: transport).findings()
        try StandardOutput.write(Self.presentation.text(of: findings, as: output.output))
        guard findings.allSatisfy({ $0.state != .missing }) else { throw ExitStatus.failed }
    }

    private static let presentation = Presentation<Agent.AgentCheck.Finding>(
        columns: [
            Column("WHAT") { $0.name },
            Column("STATE") { $0.state.rawValue },
            Column("FOUND") { $0.detail },
            Column("MEND") { $0.remedy ?? "" },
        ], name: { $0.name })
}
