import ArgumentParser

struct ProjectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project", abstract: "Whom things belong to.",
        subcommands: [ProjectList.self, ProjectShow.self, ProjectCreate.self, ProjectDelete.self])
}
