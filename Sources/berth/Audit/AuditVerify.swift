import ArgumentParser
import ClusterAPI
import ClusterModel

struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that no audit entry was changed or taken away. Ends with 1 where one was.",
        discussion: """
            Note the head that is shown somewhere else, and give it to a later check: then not even who can write
            the controller's disk can change what was there before without being found out.
            """)

    @Option(help: ArgumentHelp("The head that an earlier check showed.", valueName: "head"))
    var expect: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let found = try await connection.client().verifyAudit(expecting: expect)
        switch output.output {
        case .json: try StandardOutput.write(Rendering.json(found))
        case .yaml: try StandardOutput.write(Rendering.yaml(found))
        case .name: try StandardOutput.write(found.head + "\n")
        case .table, .wide:
            let kept = found.first == 0 ? "no entries" : "entries \(found.first) to \(found.last)"
            try StandardOutput.write("\(kept), \(found.intact ? "unbroken" : "BROKEN")\nhead   \(found.head)\nanchor \(found.anchor)\n")
        }
        if let trouble = found.trouble { throw CommandFailure(.failed, "the audit is not intact: \(Printable(trouble, limit: 300))") }
    }
}
