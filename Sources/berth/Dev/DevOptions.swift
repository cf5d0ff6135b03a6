import ArgumentParser

struct DevOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where the cluster lives, instead of $XDG_STATE_HOME/berth/dev.", valueName: "folder"), completion: .directory)
    var directory: String?

    @Flag(name: [.short, .long], help: "Show no progress on standard error; errors are still shown.")
    var quiet = false
}
