import Agent
import ArgumentParser
import ClusterAPI
import Logging
import Planner

/// The process that `dev up --synthetic` starts.
struct DevFleet: AsyncParsableCommand, HandlesSignals {
    static let configuration = CommandConfiguration(
        commandName: "fleet", abstract: "Run the synthetic nodes of a cluster file in one process.", shouldDisplay: false)

    @Option(help: ArgumentHelp("The cluster file.", valueName: "file"))
    var config: String

    @Option(help: ArgumentHelp("The controller's URL.", valueName: "url"))
    var controller: String

    func run() async throws {
        let file = try ClusterFile(text: try ConfigurationFile.text(config), file: config)
        let logger = ServiceRun.logger("berth.fleet", level: .info)
        let shapes = file.machines().map { machine in
            SyntheticFleet.Shape(name: machine.name, labels: machine.entry.labels, taints: machine.entry.taints, capacity: machine.entry.capacity)
        }
        let fleet = SyntheticFleet(
            nodes: shapes, behaviour: SyntheticBehaviour(), transport: try CurlTransport(endpoint: controller), version: Version.text, logger: logger)
        try await ServiceRun.run(fleet, logger: logger)
    }
}
