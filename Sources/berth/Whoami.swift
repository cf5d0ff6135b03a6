import ArgumentParser
import ClusterAPI
import ClusterModel

struct Whoami: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "whoami", abstract: "Show who you are to the controller, and what you may.")

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.client().whoami()
        switch output.output {
        case .json: try StandardOutput.write(Rendering.json(answer))
        case .yaml: try StandardOutput.write(Rendering.yaml(answer))
        case .name: try StandardOutput.write("\(Printable(answer.account, limit: 130))\n")
        case .table, .wide:
            let roles = answer.grants.map(AccountTable.text).joined(separator: ", ")
            var lines = ["account  \(answer.account)", "roles    \(roles.isEmpty ? "none" : roles)"]
            if let project = answer.project { lines.append("project  \(project)") }
            if let token = answer.token {
                lines.append("token    \(token.id), valid \(token.expiresAt.map { "until \($0)" } ?? "until it is revoked")")
            }
            try StandardOutput.write(lines.map { Printable($0, limit: 4000).description + "\n" }.joined())
        }
    }
}
