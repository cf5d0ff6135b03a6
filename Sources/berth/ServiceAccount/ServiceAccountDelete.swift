import ArgumentParser
import ClusterAPI
import ClusterModel

struct ServiceAccountDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete service accounts with all their tokens.", aliases: ["rm"])

    @Argument(help: "Their names in the project.", transform: ArgumentText.name)
    var accounts: [Name]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for account in accounts {
            try await client.delete(serviceAccount: account)
            if !connection.quiet { StandardError.write("\(account): deleted\n") }
        }
    }
}
