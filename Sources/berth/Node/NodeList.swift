import ArgumentParser
import ClusterAPI

struct NodeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List nodes; AGE is the time since a node was last heard from.", aliases: ["ls"])

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().nodes().whole().items
        try StandardOutput.write(NodeTable.presentation.text(of: items, as: output.output))
        if items.isEmpty, !connection.quiet { StandardError.write("no nodes\n") }
    }
}
