import ArgumentParser

struct ControllerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "controller", abstract: "Run the controller.", subcommands: [ControllerRun.self])
}
