import ArgumentParser
import ClusterAPI
import ClusterModel

struct QuotaShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what a project uses of what it may have. What is being deleted counts until it is gone.")

    @Argument(help: "A project, instead of --project or your own.", transform: ArgumentText.name)
    var name: Name?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let project: Name
        if let name { project = name } else { project = try await connection.projectName(client) }
        try StandardOutput.write(try QuotaTable.text(of: try await client.quota(of: project), as: output.output))
    }
}
