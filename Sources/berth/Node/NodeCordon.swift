import ArgumentParser
import ClusterAPI
import ClusterModel

struct NodeCordon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "cordon", abstract: "Place nothing new on nodes; what runs there goes on.")

    @Argument(help: "Names or ids.", transform: ArgumentText.reference)
    var nodes: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for node in nodes {
            let answer = try await client.cordon(node)
            if !connection.quiet { StandardError.write("\(answer.node.name): cordoned\n") }
        }
    }
}
