import ArgumentParser

struct ClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster", abstract: "See the cluster as a whole.", subcommands: [ClusterStatus.self])
}
