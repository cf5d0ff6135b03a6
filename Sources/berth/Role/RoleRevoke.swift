import ArgumentParser
import ClusterAPI

struct RoleRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Take a role from an account. Its watches and consoles end.")

    @OptionGroup var role: RoleOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let account = try await client.revoke(try await role.request(connection, client))
        try StandardOutput.write(AccountTable.presentation(now: .now).text(of: account, as: output.output))
    }
}
