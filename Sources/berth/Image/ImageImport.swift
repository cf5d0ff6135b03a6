import ArgumentParser
import ClusterAPI
import ClusterModel

struct ImageImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import an image from a file or a URL.",
        discussion: """
            berth image import tiny.tar --name tiny --format linux
            berth image import https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2 \\
                --name debian --os debian --cloud-init nocloud --sha256 DIGEST

            A URL is fetched by the controller, from public addresses only unless an operator has allowed others.
            What a qcow2 image says of itself is checked before any tool opens it; backing files, encryption and internal
            snapshots are refused. It is then flattened, and its own SHA-256 is shown beside that of what was imported.
            """)

    @Argument(help: "A file, or a URL that begins with http:// or https://.", completion: .file())
    var source: String

    @Option(help: "Its name; from the source's when absent.", transform: ArgumentText.name)
    var name: Name?

    @Option(help: "linux (a tar of kernel and initrd), raw or qcow2; from the source's ending when absent, never from its bytes.")
    var format: Image.Format?

    @Option(help: "x86_64 or aarch64; this machine's when absent.")
    var architecture: Architecture?

    @Option(
        name: [.customLong("sha256"), .customLong("digest")],
        help: ArgumentHelp("Refuse the image unless its bytes have this SHA-256.", valueName: "digest"), transform: ArgumentText.digest)
    var digest: Digest?

    @Option(help: "The smallest disk that an instance of it needs, such as 4GiB.", transform: ArgumentText.memory)
    var minimumDisk: MiB?

    @Option(help: "Its maker's version, such as 12.11.")
    var version: String?

    @Option(help: "Its operating system, such as debian.")
    var os: String?

    @Option(help: "nocloud where it reads the seed by cloud-init, none where it does not.")
    var cloudInit: Image.CloudInit?

    @Flag(name: .customLong("public"), help: "For every project; an operator's to say.")
    var isPublic = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let isURL = source.lowercased().hasPrefix("http://") || source.lowercased().hasPrefix("https://")
        let path = isURL ? String(source.prefix { $0 != "?" && $0 != "#" }) : source
        var description = ImageDescription(
            name: try name ?? ImageFileName.name(path), format: try format ?? ImageFileName.format(path),
            architecture: architecture ?? ImageFileName.thisArchitecture)
        description.digest = digest
        description.minimumDisk = minimumDisk
        description.version = version
        description.os = os
        description.cloudInit = cloudInit
        description.isPublic = isPublic
        let progress = ProgressLine(quiet: connection.quiet)
        defer { progress.end() }
        let named = description.name
        let image: Image
        if isURL {
            image = try await client.downloadImage(description, url: source) { received, total in
                guard let total else { return progress.show("\(named): fetching, \(HumanText.bytes(received)) so far") }
                progress.show("\(named): fetching", done: received, of: total)
            }
        } else {
            image = try await client.importImage(description, file: source) { sent, total in
                progress.show("\(named): importing", done: sent, of: total)
            }
        }
        progress.end()
        if !connection.quiet { StandardError.write("\(named): SHA-256 \(image.importedDigest)\n") }
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
