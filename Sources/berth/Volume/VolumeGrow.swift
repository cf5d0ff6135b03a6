import ArgumentParser
import ClusterAPI
import ClusterModel

struct VolumeGrow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grow", abstract: "Make a volume larger, while it is in use or not. The guest's file system is the guest's to grow.")

    @Argument(help: "The volume's name or id.", transform: ArgumentText.reference)
    var volume: String

    @Option(help: "Its new size, such as 20GiB.", transform: ArgumentText.memory)
    var size: MiB

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        var request = VolumeUpdateRequest()
        request.size = size
        let answer = try await client.update(volume: volume, request)
        try await waiting.finish(answer.operation, client, quiet: connection.quiet)
        if waiting.wait ?? true, answer.volume.node != nil {
            try await VolumeWait(client: client, timeout: waiting.timeout).until(answer.volume, "grown") { ($0?.status.size ?? .zero) >= size }
        }
        try output.show(answer.volume, "grown to \(size)", quiet: connection.quiet)
    }
}
