import ArgumentParser
import ClusterAPI
import ClusterModel
import FoundationEssentials
import Glibc

struct Copy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp",
        abstract: "Copy a file to or from an instance through qemu-guest-agent, without network or login.",
        discussion: """
            berth cp motd web:/etc/motd
            berth cp web:/var/log/syslog .
            tar -c folder | berth cp - web:/tmp/folder.tar
            berth cp web:/etc/os-release -

            One of the two is INSTANCE:/path, "-" is standard input or output. Regular files only, up to 64 GiB, with their
            permission bits. A file appears under its name when all of it is there; a copy that is cut short changes nothing.
            """)

    @Argument(help: "A file, INSTANCE:/path, or -.")
    var source: String

    @Argument(help: "A file or folder, INSTANCE:/path, or -.", completion: .file())
    var destination: String

    @Option(
        help: ArgumentHelp("Permission bits of the copy, such as 600; the file's own when absent, 644 from standard input.", valueName: "bits"),
        transform: Self.bits)
    var mode: Int32?

    @OptionGroup var connection: ConnectionOptions

    private static func bits(_ text: String) throws -> Int32 {
        guard let bits = Int32(text, radix: 8), (0...GuestFile.permissions).contains(bits) else {
            throw ArgumentText.Invalid(description: "write permission bits in octal, such as 600")
        }
        return bits
    }

    func validate() throws {
        let isGuest = [try CopyPlace(source), try CopyPlace(destination)].map { if case .guest = $0 { true } else { false } }
        guard isGuest[0] != isGuest[1] else {
            throw ValidationError("one of the two, and only one, is in an instance: write it as INSTANCE:/path, such as web:/etc/motd")
        }
    }

    func run() async throws {
        let client = try connection.client()
        switch (try CopyPlace(source), try CopyPlace(destination)) {
        case (.guest(let instance, let path), let here):
            try await CopyFromGuest(client: client, instance: instance, path: path, mode: mode).run(to: here.path)
        case (let here, .guest(let instance, let path)):
            try await CopyToGuest(client: client, instance: instance, path: path, mode: mode).run(from: here.path)
        case (.here, .here): throw ValidationError("one of the two is in an instance: write it as INSTANCE:/path")
        }
    }
}

/// A file in a guest, or here.
package enum CopyPlace: Hashable {
    case guest(instance: String, path: String)
    case here(String)

    /// What has a slash before its first colon is a path here.
    package init(_ text: String) throws {
        guard let colon = text.firstIndex(of: ":"), let instance = try? ArgumentText.reference(String(text[..<colon])) else {
            guard !text.isEmpty else { throw ArgumentText.Invalid(description: "a path is empty") }
            self = .here(text)
            return
        }
        let path = String(text[text.index(after: colon)...])
        guard path.hasPrefix("/"), path.utf8.count <= GuestFile.longestPath else {
            throw ArgumentText.Invalid(
                description: "“\(Printable(text, limit: 80))”: a path in an instance begins with /, as in \(instance):/etc/motd (a file here: ./NAME)"
            )
        }
        self = .guest(instance: instance, path: path)
    }

    var path: String {
        switch self {
        case .guest(_, let path), .here(let path): path
        }
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }

    /// Into a folder goes a file under its own name.
    package static func into(_ folder: String, nameOf path: String) throws -> String {
        guard let name = path.split(separator: "/").last, path != "-", name != ".", name != ".." else {
            throw ArgumentText.Invalid(description: "“\(Printable(folder, limit: 80))” is a folder: write the name of the file in it")
        }
        return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }
}
