import ArgumentParser
import ClusterAPI

struct SnapshotShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a snapshot.")

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var snapshot: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let snapshot = try await connection.client().snapshot(snapshot)
        switch output.output {
        case .table, .wide: try StandardOutput.write(SnapshotTable.text(of: snapshot, now: .now))
        case .json, .yaml, .name: try StandardOutput.write(SnapshotTable.presentation(now: .now).text(of: snapshot, as: output.output))
        }
    }
}
