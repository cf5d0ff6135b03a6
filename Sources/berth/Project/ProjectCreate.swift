import ArgumentParser
import ClusterAPI
import ClusterModel

struct ProjectCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a project.",
        discussion: """
            berth project create shop --instances 20 --memory 64GiB
            berth role grant alice tenant-admin --project shop
            """)

    @Argument(help: "Its name.", transform: ArgumentText.name)
    var name: Name

    @OptionGroup var limits: QuotaOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let project = try await connection.client().create(ProjectRequest(name: name, quota: limits.quota))
        try StandardOutput.write(ProjectTable.presentation(now: .now).text(of: project, as: output.output))
    }
}
