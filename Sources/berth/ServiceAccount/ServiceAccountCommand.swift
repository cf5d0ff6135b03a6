import ArgumentParser

struct ServiceAccountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service-account", abstract: "Programs that use a project.",
        subcommands: [ServiceAccountList.self, ServiceAccountCreate.self, ServiceAccountDelete.self])
}
