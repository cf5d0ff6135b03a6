import ArgumentParser
import ClusterAPI
import ClusterModel

struct ProjectDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete projects that hold nothing, with their service accounts and the roles in them.", aliases: ["rm"])

    @Argument(help: "Names.", transform: ArgumentText.name)
    var projects: [Name]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        for project in projects {
            try await client.delete(project: project)
            if !connection.quiet { StandardError.write("\(project): deleted\n") }
        }
    }
}
