import ArgumentParser
import ClusterAPI

struct ImageDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete images.", aliases: ["rm"])

    @Argument(help: "Names, ids or digests.", transform: ArgumentText.image)
    var images: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for image in images {
            try await client.delete(image: image)
            if !connection.quiet { StandardError.write("\(image): deleted\n") }
        }
    }
}
