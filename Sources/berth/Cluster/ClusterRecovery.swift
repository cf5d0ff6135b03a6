import ArgumentParser

struct ClusterRecovery: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery",
        abstract: "See and operate the brake on automatic recovery.",
        discussion: """
            Fenced instances of a lost node are started elsewhere by themselves, unless too many nodes are lost at once,
            the controller has just started, or the ledger is an old copy: then it waits for an operator's word.
            """,
        subcommands: [ClusterRecoveryShow.self, ClusterRecoveryHold.self, ClusterRecoveryResume.self],
        defaultSubcommand: ClusterRecoveryShow.self)
}
