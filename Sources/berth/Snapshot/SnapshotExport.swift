import ArgumentParser
import ClusterAPI
import ClusterModel

struct SnapshotExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "export", abstract: "Make an image of a snapshot's root disk.")

    @Argument(help: "The snapshot's name or id.", transform: ArgumentText.reference)
    var snapshot: String

    @Option(help: "The image's name.", transform: ArgumentText.name)
    var image: Name

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let answer = try await client.export(snapshot: snapshot, ExportRequest(image: image))
        try await waiting.finish(answer.operation, client, quiet: connection.quiet)
        try output.show(answer.snapshot, waiting.wait ?? true ? "exported as image \(image)" : "to be exported", quiet: connection.quiet)
    }
}
