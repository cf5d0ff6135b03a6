import ArgumentParser
import ClusterAPI
import ClusterModel
import FoundationEssentials

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print what an instance wrote on its serial console.")

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var instance: String

    @Flag(name: [.short, .long], help: "Go on printing what it writes, until interrupted.")
    var follow = false

    @Option(help: ArgumentHelp("Only the last lines.", valueName: "lines"), transform: ArgumentText.positive)
    var tail: Int?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let stream = try await client.openStream(.log(lines: tail, follow: follow), of: instance)
        do {
            for try await piece in try await client.output(of: stream) { try piece.withUnsafeBytes { try StandardOutput.write($0) } }
        } catch {
            try? await client.closeStream(stream)
            throw error
        }
    }
}
