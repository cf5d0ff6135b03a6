import ArgumentParser
import ClusterAPI

struct ClusterRecoveryHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Start nothing elsewhere by itself until “berth cluster recovery resume”.")

    @Option(help: ArgumentHelp("Why, for those who see it.", valueName: "text"))
    var message: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let view = try await connection.client().holdRecovery(HoldRecoveryRequest(message: message))
        if !connection.quiet { StandardError.write("recovery: \(RecoveryText.of(view))\n") }
    }
}
