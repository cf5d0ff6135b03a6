import ArgumentParser
import ClusterAPI
import ClusterModel

struct NodeToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make a token by which one node of this name joins, once.",
        discussion: """
            It is shown here and nowhere else, and ends after an hour at the most:
              berth node token n1 | ssh n1 berth agent join --config /etc/berth/agent.yaml --token -
            """)

    @Argument(help: "The node's name.", transform: ArgumentText.name)
    var node: Name

    @Option(
        help: ArgumentHelp("How long it can be used: 1h when nothing is said, which is also the most.", valueName: "time"),
        transform: ArgumentText.time)
    var ttl: Milliseconds?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.client().createJoinToken(JoinTokenRequest(node: node, ttl: ttl))
        guard output.output == .table || output.output == .wide else {
            return try StandardOutput.write(Self.presentation.text(of: [answer], as: output.output))
        }
        try StandardOutput.write("\(answer.token)\n")
        if !connection.quiet { StandardError.write("for node \(answer.node), once, until \(answer.expiresAt)\n") }
    }

    private static let presentation = Presentation<JoinTokenAnswer>(
        columns: [
            Column("NODE") { $0.node.text }, Column("UNTIL") { "\($0.expiresAt)" }, Column("TOKEN") { $0.token },
        ], name: { $0.node.text })
}
