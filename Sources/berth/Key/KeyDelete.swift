import ArgumentParser
import ClusterAPI
import ClusterModel

struct KeyDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete keys. Instances keep those that they were launched with.", aliases: ["rm"])

    @Argument(help: "Names.", transform: ArgumentText.name)
    var keys: [Name]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for key in keys {
            try await client.delete(key: key)
            if !connection.quiet { StandardError.write("\(key): deleted\n") }
        }
    }
}
