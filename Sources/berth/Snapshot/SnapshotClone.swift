import ArgumentParser
import ClusterAPI
import ClusterModel

struct SnapshotClone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clone", abstract: "Launch a new instance that begins with the root disk of a snapshot, on the snapshot's node.")

    @Argument(help: "The snapshot's name or id.", transform: ArgumentText.reference)
    var snapshot: String

    @Argument(help: "The new instance's name.", transform: ArgumentText.name)
    var name: Name?

    @Option(help: "Its size; that of the snapshot's instance where absent.", transform: ArgumentText.name)
    var size: Name?

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let answer = try await client.clone(snapshot: snapshot, CloneRequest(name: name, size: size))
        try await waiting.finish(answer.operations.first, client, quiet: connection.quiet)
        try StandardOutput.write(InstanceTable.presentation(now: .now).text(of: answer.instances, as: output.output))
    }
}
