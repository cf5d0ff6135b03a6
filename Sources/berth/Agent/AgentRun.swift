import Agent
import ArgumentParser
import ClusterAPI

struct AgentRun: AsyncParsableCommand, HandlesSignals {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the agent until SIGTERM or Ctrl-C. Its VMs go on running without it, and it adopts them when it comes back.",
        discussion: """
            The file needs three things:
              controller: https://controller.example.org:7480
              name: n1
              dataDirectory: /var/lib/berth/agent
            and the node a certificate: see “berth agent join”.
            """)

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file(extensions: ["yaml"]))
    var config: String

    func run() async throws {
        let configuration = try AgentConfiguration(contentsOf: config)
        let logger = ServiceRun.logger("berth.agent", level: configuration.logLevel)
        let service: AgentService
        do {
            let (transport, certificates) = try CertificateKeeper.connect(configuration, logger: logger)
            service = try AgentService(
                configuration: configuration, logger: logger, version: Version.text, transport: transport, certificates: certificates)
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        try await ServiceRun.run(service, logger: logger)
    }
}
