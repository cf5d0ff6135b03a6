import ArgumentParser
import ClusterAPI
import ClusterModel

struct UserDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete users with all their tokens.", aliases: ["rm"])

    @Argument(help: "Names.", transform: ArgumentText.name)
    var users: [Name]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for user in users {
            try await client.delete(user: user)
            if !connection.quiet { StandardError.write("\(user): deleted\n") }
        }
    }
}
