import ArgumentParser
import ClusterAPI
import ClusterModel

struct TokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List tokens: your own, and those of accounts that you manage.", aliases: ["ls"])

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().tokens().whole().items
        try StandardOutput.write(TokenTable.presentation(now: .now).text(of: items, as: output.output))
        if items.isEmpty, !connection.quiet { StandardError.write("no tokens\n") }
    }
}
