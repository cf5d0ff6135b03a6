import ArgumentParser
import ClusterAPI
import ClusterModel

struct InstanceShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an instance: what is wanted, what was observed, and its history.")

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var instance: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let found = try await connection.client().instance(instance)
        let text =
            switch output.output {
            case .table, .wide: InstanceText.of(found, now: .now)
            case .json, .yaml, .name: try InstanceTable.presentation(now: .now).text(of: found, as: output.output)
            }
        try StandardOutput.write(text)
    }
}
