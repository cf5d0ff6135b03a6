import ArgumentParser
import ClusterAPI
import ClusterModel

struct UserCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a user, who may nothing before a role is given.",
        discussion: """
            berth user create alice
            berth role grant alice tenant --project shop
            berth token create --account alice
            """)

    @Argument(help: "The user's name.", transform: ArgumentText.name)
    var name: Name

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let account = try await connection.client().createUser(name)
        try StandardOutput.write(AccountTable.presentation(now: .now).text(of: account, as: output.output))
    }
}
