import ArgumentParser
import ClusterAPI
import ClusterModel

struct InstanceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List instances.", aliases: ["ls"])

    @Option(help: "Only those in this state.")
    var state: InstanceState?

    @Option(help: "Only those on this node.", transform: ArgumentText.reference)
    var node: String?

    @Option(help: ArgumentHelp("Only those with this label; may be repeated.", valueName: "key=value"), transform: ArgumentText.label)
    var label: [Label] = []

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        var filter = InstanceFilter()
        filter.state = state
        filter.node = node
        filter.labels = label
        let items = try await connection.client().instances(filter).whole().items
        try StandardOutput.write(InstanceTable.presentation(now: .now).text(of: items, as: output.output))
        if items.isEmpty, !connection.quiet { StandardError.write("no instances\n") }
    }
}
