import ArgumentParser
import ClusterAPI

struct SnapshotRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Bring the disks of an instance back to a snapshot. What was written since is lost.")

    @Argument(help: "The snapshot's name or id.", transform: ArgumentText.reference)
    var snapshot: String

    @Flag(help: "Restart the instance for it where it runs.")
    var restart = false

    @Flag(name: [.short, .long], help: "Do not ask.")
    var yes = false

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try Confirmation.ask("What was written since \(snapshot) is lost. Restore it?", yes: yes)
        let client = try connection.client()
        let answer = try await client.restore(snapshot: snapshot, RestoreRequest(restart: restart))
        try await waiting.finish(answer.operation, client, quiet: connection.quiet)
        try output.show(answer.snapshot, waiting.wait ?? true ? "restored" : "to be restored", quiet: connection.quiet)
    }
}
