import ArgumentParser
import ClusterAPI
import ClusterModel

struct ServiceAccountCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a service account in a project.",
        discussion: """
            berth service-account create ci --project shop
            berth role grant shop/ci tenant --project shop
            berth token create --account shop/ci --expires-in 30d
            """)

    @Argument(help: "Its name in the project.", transform: ArgumentText.name)
    var name: Name

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let account = try await connection.client().createServiceAccount(name)
        try StandardOutput.write(AccountTable.presentation(now: .now).text(of: account, as: output.output))
    }
}
