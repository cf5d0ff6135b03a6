import ArgumentParser

struct QuotaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quota", abstract: "What a project has, and what it may have.", subcommands: [QuotaShow.self, QuotaSet.self])
}
