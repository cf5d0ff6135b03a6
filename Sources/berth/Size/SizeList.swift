import ArgumentParser
import ClusterAPI

struct SizeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List sizes.", aliases: ["ls"])

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().sizes().whole().items
        try StandardOutput.write(SizeTable.presentation.text(of: items, as: output.output))
        if items.isEmpty, !connection.quiet { StandardError.write("no sizes\n") }
    }
}
