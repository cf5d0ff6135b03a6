import ArgumentParser
import ClusterAPI
import ClusterModel

struct QuotaSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change what a project may have. What is not named stays as it is.",
        discussion: """
            berth quota set shop --instances 20 --cpu 64 --memory 256GiB
            berth quota set shop --unlimited images
            """)

    @Argument(help: "A project.", transform: ArgumentText.name)
    var name: Name

    @OptionGroup var limits: QuotaOptions

    @Option(
        help: ArgumentHelp(
            "Lift a limit: \(Quota.Resource.allCases.map(\.rawValue).joined(separator: ", ")); may be repeated.", valueName: "resource"))
    var unlimited: [Quota.Resource] = []

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if limits.quota == Quota(), unlimited.isEmpty { throw ValidationError("name a limit, such as --instances 20, or --unlimited instances") }
    }

    func run() async throws {
        let request = QuotaRequest(limits: limits.quota, unlimited: unlimited.isEmpty ? nil : unlimited)
        let view = try await connection.client().setQuota(of: name, request)
        try StandardOutput.write(try QuotaTable.text(of: view, as: output.output))
    }
}
