import ArgumentParser
import ClusterAPI
import ClusterModel

struct SizeDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete sizes. Instances keep the room that they have.", aliases: ["rm"])

    @Argument(help: "Names.", transform: ArgumentText.name)
    var sizes: [Name]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for size in sizes {
            try await client.delete(size: size)
            if !connection.quiet { StandardError.write("\(size): deleted\n") }
        }
    }
}
