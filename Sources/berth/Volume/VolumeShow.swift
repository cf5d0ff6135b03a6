import ArgumentParser
import ClusterAPI

struct VolumeShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a volume.")

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var volume: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let volume = try await connection.client().volume(volume)
        switch output.output {
        case .table, .wide: try StandardOutput.write(VolumeTable.text(of: volume, now: .now))
        case .json, .yaml, .name: try StandardOutput.write(VolumeTable.presentation(now: .now).text(of: volume, as: output.output))
        }
    }
}
