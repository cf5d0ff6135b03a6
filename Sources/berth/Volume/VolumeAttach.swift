import ArgumentParser
import ClusterAPI

struct VolumeAttach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Attach a volume to an instance of its node, while it runs or not. It stays attached through stop and start."
    )

    @Argument(help: "The volume's name or id.", transform: ArgumentText.reference)
    var volume: String

    @Argument(help: "The instance's name or id.", transform: ArgumentText.reference)
    var instance: String

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let answer = try await client.attach(volume: volume, to: instance)
        try await waiting.finish(answer.operation, client, quiet: connection.quiet)
        try output.show(answer.volume, waiting.wait ?? true ? "attached" : "to be attached", quiet: connection.quiet)
    }
}
