import Agent
import ArgumentParser
import ClusterModel

struct AgentShutdown: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shutdown",
        abstract: "Shut down this node's guests, as before the machine goes down; the next boot starts what should run.",
        discussion: "All are asked by ACPI at once, and whoever is late (shutdownTimeout in the configuration) is ended. It needs no agent.")

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file(extensions: ["yaml"]))
    var config: String

    func run() async throws {
        let configuration = try AgentConfiguration(contentsOf: config)
        let logger = ServiceRun.logger("berth.agent", level: configuration.logLevel)
        let outcomes = await GuestShutdown.run(configuration: configuration, logger: logger)
        var left = 0
        for outcome in outcomes {
            let name = outcome.name?.text ?? outcome.instance.description
            switch outcome.ending {
            case .poweredOff: StandardError.write("\(name): powered off\n")
            case .endedHard: StandardError.write("\(name): ended hard, since it did not power off in \(configuration.shutdownTimeout)\n")
            case .wouldNotEnd:
                left += 1
                StandardError.write("\(name): can't be ended\n")
            }
        }
        guard left == 0 else { throw CommandFailure(.failed, "\(left) of \(outcomes.count) guests can't be ended") }
    }
}
