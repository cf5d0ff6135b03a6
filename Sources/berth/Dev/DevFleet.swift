import Agent
import ArgumentParser
import ClusterAPI
import Logging
import Planner

/// What `dev up` starts for nodes whose VMs exist in memory only.
struct DevFleet: AsyncParsableCommand, HandlesSignals {
    static let configuration = CommandConfiguration(
        commandName: "fleet", abstract: "Run the nodes of a cluster file in one process, without VMs, until SIGTERM or Ctrl-C.", shouldDisplay: false)

    @Option(help: ArgumentHelp("A cluster file.", valueName: "file"), completion: .file(extensions: ["yaml"]))
    var config: String

    @Option(help: ArgumentHelp("The controller's URL.", valueName: "url"))
    var controller: String

    private static let nodesOnOne = 500

    func run() async throws {
        let file = try ClusterFile(contentsOf: config)
        let shapes = file.machines().map { machine in
            SyntheticFleet.Shape(name: machine.name, labels: machine.entry.labels, taints: machine.entry.taints, capacity: machine.entry.capacity)
        }
        let logger = ServiceRun.logger("berth.fleet", level: .info)
        // Each node holds a long poll and may begin another beside it. libcurl looks at all connections to a server for each request.
        let transports = try (0..<max(1, (shapes.count + Self.nodesOnOne - 1) / Self.nodesOnOne)).map { _ in
            try CurlTransport(endpoint: controller, maximumConnections: Int32(2 * Self.nodesOnOne + 64))
        }
        logger.info("fleet started", metadata: ["nodes": "\(shapes.count)"])
        let fleet = SyntheticFleet(nodes: shapes, behaviour: SyntheticBehaviour(), transports: transports, version: Version.text, logger: logger)
        try await ServiceRun.run(fleet, logger: logger)
    }
}
