import ArgumentParser
import ClusterAPI

struct ServiceAccountList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List service accounts of the projects that you manage, with their roles.", aliases: ["ls"])

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().serviceAccounts().whole().items
        try StandardOutput.write(AccountTable.presentation(now: .now).text(of: items, as: output.output))
        if items.isEmpty, !connection.quiet { StandardError.write("no service accounts\n") }
    }
}
