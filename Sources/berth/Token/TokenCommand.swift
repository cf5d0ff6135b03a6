import ArgumentParser

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "What accounts prove themselves by.", subcommands: [TokenList.self, TokenCreate.self, TokenRevoke.self])
}
