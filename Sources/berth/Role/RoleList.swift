import ArgumentParser
import ClusterAPI
import ClusterModel

struct RoleList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List who holds which role, where you may know it.", aliases: ["ls"])

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().grants().whole().items
        try StandardOutput.write(Self.presentation.text(of: items, as: output.output))
        if items.isEmpty, !connection.quiet { StandardError.write("no roles\n") }
    }

    private static var presentation: Presentation<GrantRequest> {
        Presentation(
            columns: [
                Column("ACCOUNT") { $0.account.description }, Column("ROLE") { $0.role.rawValue }, Column("PROJECT") { $0.project?.text ?? "" },
            ], name: { $0.account.description })
    }
}
