import ArgumentParser

struct ClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster", abstract: "See the cluster as a whole, and back it up.",
        subcommands: [ClusterStatus.self, ClusterBackup.self, ClusterRecovery.self])
}
