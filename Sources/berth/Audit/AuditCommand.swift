import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who did what, and who tried to.", subcommands: [AuditList.self, AuditVerify.self])
}
