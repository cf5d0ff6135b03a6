import ArgumentParser
import ClusterAPI
import ClusterModel

struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the latest audit entries, oldest first.", aliases: ["ls"])

    @Option(help: ArgumentHelp("Among how many of the latest entries; 100 when absent.", valueName: "number"), transform: ArgumentText.positive)
    var last: Int = 100

    @Option(help: ArgumentHelp("Only what this account did.", valueName: "account"))
    var actor: String?

    @Option(help: ArgumentHelp("Only this request, such as launchInstance.", valueName: "operation"))
    var verb: String?

    @Option(help: ArgumentHelp("Only what was done to this, such as shop/web.", valueName: "object"))
    var object: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().audit(last: last, actor: actor, verb: verb, object: object).whole().items
        try StandardOutput.write(Self.presentation.text(of: items, as: output.output))
        if items.isEmpty, !connection.quiet { StandardError.write("no audit entries\n") }
    }

    private static var presentation: Presentation<AuditEntry> {
        Presentation(
            columns: [
                Column("NUMBER", .right) { "\($0.number)" }, Column("AT") { $0.at.description }, Column("ACTOR") { $0.actor },
                Column("ADDRESS") { $0.address }, Column("VERB") { $0.verb }, Column("OBJECT") { $0.object },
                Column("DECISION") { entry in entry.code.map { "\(entry.decision.rawValue): \($0.rawValue)" } ?? entry.decision.rawValue },
                Column("REQUEST", wide: true) { $0.requestID },
            ], name: { "\($0.number)" })
    }
}
