import ArgumentParser
import ClusterAPI
import ClusterModel

struct ImageImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import an image from a file.",
        discussion: "berth image import tiny.tar --name tiny --format linux")

    @Argument(help: "The file.", completion: .file())
    var file: String

    @Option(help: "Its name; from the file's when absent.", transform: ArgumentText.name)
    var name: Name?

    @Option(help: "linux (a tar of kernel and initrd), raw or qcow2; from the file's ending when absent.")
    var format: Image.Format?

    @Option(help: "x86_64 or aarch64; this machine's when absent.")
    var architecture: Architecture?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let name = try name ?? ImageFileName.name(file)
        let format = try format ?? ImageFileName.format(file)
        let progress = ProgressLine(quiet: connection.quiet)
        defer { progress.end() }
        let image = try await client.importImage(
            name: name, format: format, architecture: architecture ?? ImageFileName.thisArchitecture, file: file
        ) { sent, total in progress.show("\(name): importing", done: sent, of: total) }
        progress.end()
        try StandardOutput.write(ImageTable.presentation(now: .now).text(of: image, as: output.output))
    }
}

/// What a file's name says of the image in it.
package enum ImageFileName {
    package static func name(_ path: String) throws -> Name {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let stem = file.split(separator: ".").first.map(String.init) ?? file
        guard let name = try? Name(stem.lowercased()) else {
            throw CommandFailure(.usage, "the name of \(Printable(path, limit: 200)) makes no image name: give --name")
        }
        return name
    }

    package static func format(_ path: String) throws -> Image.Format {
        switch path.split(separator: ".").last.map({ $0.lowercased() }) {
        case "tar": return .linux
        case "qcow2": return .qcow2
        case "raw", "img": return .raw
        default:
            throw CommandFailure(.usage, "the name of \(Printable(path, limit: 200)) does not tell its format: give --format linux, raw or qcow2")
        }
    }

    #if arch(arm64)
        static let thisArchitecture = Architecture.aarch64
    #else
        static let thisArchitecture = Architecture.x86_64
    #endif
}
