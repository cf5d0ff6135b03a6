import ArgumentParser
import ClusterAPI

struct SnapshotDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete snapshots.", aliases: ["rm"])

    @Argument(help: "Names or ids.", transform: ArgumentText.reference)
    var snapshots: [String]

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for snapshot in snapshots {
            let answer = try await client.delete(snapshot: snapshot)
            try await waiting.finish(answer.operation, client, quiet: connection.quiet)
            try output.show(answer.snapshot, waiting.wait ?? true ? "deleted" : "to be deleted", quiet: connection.quiet)
        }
    }
}
