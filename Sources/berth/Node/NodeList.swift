import ArgumentParser
import ClusterAPI
import ClusterModel

struct NodeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List nodes; AGE is the time since a node was last heard from.", aliases: ["ls"])

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().nodes().whole().items
            .sorted { NaturalOrder.precedes($0.node.name.text, $1.node.name.text) }
        try StandardOutput.write(NodeTable.presentation.text(of: items, as: output.output))
        if items.isEmpty, !connection.quiet { StandardError.write("no nodes\n") }
    }
}
