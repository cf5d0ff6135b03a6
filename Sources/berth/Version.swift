import ArgumentParser
import ClusterAPI

struct Version: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version of this program, and with --server that of the controller.")

    static let text = "0.1.0"

    @Flag(help: "Ask the controller too.")
    var server = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try StandardOutput.write("berth \(Self.text)\n")
        guard server else { return }
        let answer = try await connection.client().version()
        try StandardOutput.write("controller \(answer.version)\n")
    }
}
