import ArgumentParser
import ClusterAPI
import ClusterModel

struct InstanceExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why an instance is where it is: a verdict for every node, as it was decided.")

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var instance: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let explanation = try await connection.client().explanation(of: instance)
        let text =
            switch output.output {
            case .json: try Rendering.json(explanation)
            case .yaml: try Rendering.yaml(explanation)
            case .name: (ExplanationText.chosenName(explanation) ?? "-") + "\n"
            case .table, .wide: "\(instance): " + ExplanationText.of(explanation, wide: output.output == .wide)
            }
        try StandardOutput.write(text)
    }
}
