import ArgumentParser

struct OperationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operation", abstract: "See and cancel what requests began.",
        subcommands: [OperationList.self, OperationShow.self, OperationCancel.self])
}
