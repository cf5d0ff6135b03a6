import ArgumentParser

struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "People who use the cluster.", subcommands: [UserList.self, UserCreate.self, UserDelete.self])
}
