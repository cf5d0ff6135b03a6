import ArgumentParser
import ClusterAPI

struct SnapshotList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List snapshots.", aliases: ["ls"])

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().snapshots().whole().items
        try StandardOutput.write(SnapshotTable.presentation(now: .now).text(of: items, as: output.output))
        if items.isEmpty, !connection.quiet { StandardError.write("no snapshots\n") }
    }
}
