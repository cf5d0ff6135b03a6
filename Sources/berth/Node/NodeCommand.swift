import ArgumentParser

struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "See and operate nodes.",
        subcommands: [
            NodeList.self, NodeShow.self, NodeCordon.self, NodeUncordon.self, NodeDrain.self, NodeConfirmDead.self, NodeRemove.self,
            NodeToken.self, NodeRevoke.self,
        ])
}
