import ArgumentParser
import ClusterAPI
import ClusterModel

struct ImageShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show an image.")

    @Argument(help: "A name, an id or a digest.", transform: ArgumentText.image)
    var image: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let found = try await connection.client().image(image)
        let format: OutputFormat = output.output == .table ? .wide : output.output
        try StandardOutput.write(ImageTable.presentation(now: .now).text(of: found, as: format))
    }
}
