import ArgumentParser
import ClusterAPI
import ClusterModel

struct NodeConfirmDead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm-dead",
        abstract: "Say that a silent node's machine does not run: its fenced instances are started elsewhere at once.",
        discussion: """
            Be sure: pull the plug first. If the machine still runs, its instances run twice.
              berth node confirm-dead n3
              berth node confirm-dead n3 --disk-gone     nothing that it held will ever come back
            """)

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var node: String

    @Flag(help: "Its disk is lost too, so there is nothing to be taken away should it come back.")
    var diskGone = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let found = try await client.node(node).node
        try Confirmation.ask("Is the machine of \(found.name) off, for sure?", yes: yes)
        let answer = try await client.confirmDead(node, ConfirmDeadRequest(diskGone: diskGone ? true : nil))
        if !connection.quiet { StandardError.write("\(answer.node.name): confirmed dead\n") }
    }
}
