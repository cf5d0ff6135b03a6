import ArgumentParser

struct DevCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev", abstract: "Run a whole cluster on this machine, for trying and developing.",
        subcommands: [DevUp.self, DevDown.self, DevStatus.self, DevFleet.self])
}
