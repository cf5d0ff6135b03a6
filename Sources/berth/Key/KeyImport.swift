import ArgumentParser
import ClusterAPI
import ClusterModel
import Glibc

struct KeyImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Keep a public SSH key under a name.",
        discussion: """
            berth key import laptop                          ~/.ssh/id_ed25519.pub, or what there is of its kind
            berth key import laptop work.pub
            berth launch web --image debian --key laptop
            """)

    @Argument(help: "Its name.", transform: ArgumentText.name)
    var name: Name

    @Argument(help: "A .pub file; - is standard input.", completion: .file())
    var file: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let path = try file ?? Self.standardFile()
        let text = String(decoding: try InputFile.read(path, limit: 64 << 10), as: UTF8.self)
        let key: SSHPublicKey
        do { key = try SSHPublicKey(text) } catch { throw CommandFailure(.usage, "\(Printable(path, limit: 200)): \(error)") }
        let kept = try await client.importKey(KeyRequest(name: name, publicKey: key))
        try StandardOutput.write(KeyTable.presentation(now: .now).text(of: kept, as: output.output))
    }

    private static func standardFile() throws -> String {
        guard let home = getenv("HOME"), home.pointee != 0 else { throw CommandFailure(.usage, "HOME is not set: give the key's file") }
        let files = ["id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk"].map { "\(String(cString: home))/.ssh/\($0).pub" }
        guard let found = files.first(where: { access($0, R_OK) == 0 }) else {
            throw CommandFailure(.usage, "there is no public key in ~/.ssh: give its file, or make one with ssh-keygen -t ed25519")
        }
        return found
    }
}
