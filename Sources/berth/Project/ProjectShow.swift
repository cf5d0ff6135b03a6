import ArgumentParser
import ClusterAPI
import ClusterModel

struct ProjectShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a project.")

    @Argument(help: "A name.", transform: ArgumentText.name)
    var name: Name

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let found = try await connection.client().project(name)
        try StandardOutput.write(ProjectTable.presentation(now: .now).text(of: found, as: output.output))
    }
}
