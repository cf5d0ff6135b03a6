import ArgumentParser
import Controller
import StrictYAML

struct ControllerRun: AsyncParsableCommand, HandlesSignals {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the controller until SIGTERM or Ctrl-C.",
        discussion: """
            The file needs only its data directory:
              dataDirectory: /var/lib/berth/controller
              listen: 127.0.0.1:7480
            """)

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file(extensions: ["yaml"]))
    var config: String

    func run() async throws {
        let configuration = try ControllerConfiguration(contentsOf: config)
        let logger = ServiceRun.logger("berth.controller", level: configuration.logLevel)
        let service: ControllerService
        do { service = try ControllerService(configuration: configuration, logger: logger, version: Version.text) } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        try await ServiceRun.run(service, logger: logger)
    }
}
