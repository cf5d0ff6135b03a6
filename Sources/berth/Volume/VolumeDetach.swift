import ArgumentParser
import ClusterAPI

struct VolumeDetach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach", abstract: "Detach a volume. The guest is asked to let it go, so unmount it there first.")

    @Argument(help: "The volume's name or id.", transform: ArgumentText.reference)
    var volume: String

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let answer = try await client.detach(volume: volume)
        try await waiting.finish(answer.operation, client, quiet: connection.quiet)
        try output.show(answer.volume, waiting.wait ?? true ? "detached" : "to be detached", quiet: connection.quiet)
    }
}
