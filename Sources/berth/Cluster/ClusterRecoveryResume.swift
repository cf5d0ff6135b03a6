import ArgumentParser
import ClusterAPI

struct ClusterRecoveryResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let recovery go on: what is fenced on nodes that are lost is started elsewhere now.")

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let before = try await client.recovery()
        guard before.hold != nil else {
            if !connection.quiet { StandardError.write("recovery: \(RecoveryText.of(before))\n") }
            return
        }
        try Confirmation.ask("Recovery is \(RecoveryText.of(before)). Go on?", yes: yes)
        let view = try await client.resumeRecovery()
        if !connection.quiet { StandardError.write("recovery: \(RecoveryText.of(view))\n") }
    }
}
