import ArgumentParser
import ClusterAPI
import ClusterModel

struct NodeUncordon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uncordon",
        abstract: "Let instances be placed on nodes again: ends a drain, and starts what it has stopped.")

    @Argument(help: "Names or ids.", transform: ArgumentText.reference)
    var nodes: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for node in nodes {
            let answer = try await client.uncordon(node)
            if !connection.quiet { StandardError.write("\(answer.node.name): uncordoned\n") }
        }
    }
}
