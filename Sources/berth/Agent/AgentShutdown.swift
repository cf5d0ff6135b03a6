import Agent
import ArgumentParser
import ClusterModel

struct AgentShutdown: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shutdown", abstract: "Shut down every guest of this machine, as before it goes down itself.",
        discussion: """
            Guests are asked by ACPI, all at once, and ended when the configuration's shutdownTimeout is over.
            The next boot starts again what should run. docs/systemd/berth-guests.service calls this.
            """)

    @Option(help: ArgumentHelp("The agent's configuration file.", valueName: "file"), completion: .file(extensions: ["yaml"]))
    var config: String

    func run() async throws {
        let configuration = try AgentConfiguration(text: try ConfigurationFile.text(config), file: config)
        let outcomes = await GuestShutdown.run(
            configuration: configuration, logger: ServiceRun.logger("berth.shutdown", level: configuration.logLevel))
        for outcome in outcomes {
            StandardError.write("\(outcome.name?.text ?? outcome.instance.description): \(Self.words(for: outcome.ending))\n")
        }
        guard outcomes.allSatisfy({ $0.ending != .wouldNotEnd }) else { throw ExitStatus.failed }
    }

    private static func words(for ending: GuestShutdown.Outcome.Ending) -> String {
        switch ending {
        case .poweredOff: "powered off"
        case .endedHard: "did not power off in time and was ended"
        case .wouldNotEnd: "would not end"
        }
    }
}
