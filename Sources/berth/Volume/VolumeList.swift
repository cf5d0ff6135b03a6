import ArgumentParser
import ClusterAPI

struct VolumeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List volumes.", aliases: ["ls"])

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let items = try await connection.client().volumes().whole().items
        try StandardOutput.write(VolumeTable.presentation(now: .now).text(of: items, as: output.output))
        if items.isEmpty, !connection.quiet { StandardError.write("no volumes\n") }
    }
}
