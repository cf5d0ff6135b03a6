import ArgumentParser
import ClusterAPI

struct NodeRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Refuse a node's certificates from now on. It is heard again when it has joined anew.",
        discussion: "Its leases are not renewed: fenced instances end there and are started elsewhere, others run on unseen.")

    @Argument(help: "Names or ids.", transform: ArgumentText.reference)
    var nodes: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for node in nodes {
            let answer = try await client.revoke(node: node)
            if !connection.quiet { StandardError.write("\(answer.name): its certificates were revoked\n") }
        }
    }
}
