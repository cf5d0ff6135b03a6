import ArgumentParser
import ClusterAPI

struct NodeRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove dead nodes with everything they held. Be sure that they are dead: what still runs there is forgotten.")

    @Argument(help: "Names or ids.", transform: ArgumentText.reference)
    var nodes: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for node in nodes {
            try await client.remove(node: node)
            if !connection.quiet { StandardError.write("\(node): removed\n") }
        }
    }
}
