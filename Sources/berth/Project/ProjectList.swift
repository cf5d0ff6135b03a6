import ArgumentParser
import ClusterAPI

struct ProjectList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the projects that you see.", aliases: ["ls"])

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().projects().whole().items
        try StandardOutput.write(ProjectTable.presentation(now: .now).text(of: items, as: output.output))
        if items.isEmpty, !connection.quiet { StandardError.write("no projects\n") }
    }
}
