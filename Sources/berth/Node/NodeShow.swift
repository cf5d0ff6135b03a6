import ArgumentParser
import ClusterAPI
import ClusterModel

struct NodeShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a node: what it has, what is free, and what it found of KVM.")

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var node: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let found = try await connection.client().node(node)
        let text =
            switch output.output {
            case .table, .wide: NodeText.of(found)
            case .json, .yaml, .name: try NodeTable.presentation.text(of: found, as: output.output)
            }
        try StandardOutput.write(text)
    }
}
