import ArgumentParser
import ClusterAPI

struct VolumeDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete volumes with their data.", aliases: ["rm"])

    @Argument(help: "Names or ids.", transform: ArgumentText.reference)
    var volumes: [String]

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for volume in volumes {
            let deleted = try await client.delete(volume: volume).volume
            if waiting.wait ?? true { try await VolumeWait(client: client, timeout: waiting.timeout).until(deleted, "gone") { $0 == nil } }
            try output.show(deleted, "deleted", quiet: connection.quiet)
        }
    }
}
