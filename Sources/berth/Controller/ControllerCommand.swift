import ArgumentParser

struct ControllerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "controller", abstract: "Run the controller, or put a backup back.",
        subcommands: [ControllerRun.self, ControllerRestore.self])
}
