import ArgumentParser
import ClusterAPI

struct RoleGrantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Give an account a role, in --project or in the cluster.",
        discussion: """
            berth role grant alice tenant --project shop
            berth role grant bob operator
            """)

    @OptionGroup var role: RoleOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let account = try await client.grant(try await role.request(connection, client))
        try StandardOutput.write(AccountTable.presentation(now: .now).text(of: account, as: output.output))
    }
}
