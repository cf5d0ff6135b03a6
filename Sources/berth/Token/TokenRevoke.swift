import ArgumentParser
import ClusterAPI
import ClusterModel

struct TokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Revoke tokens. From then on they are refused.", aliases: ["rm"])

    @Argument(help: "Ids of `berth token list`; never the secrets.", transform: ArgumentText.token)
    var tokens: [TokenID]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for token in tokens {
            try await client.revoke(token: token)
            if !connection.quiet { StandardError.write("\(token): revoked\n") }
        }
    }
}
