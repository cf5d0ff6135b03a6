import ArgumentParser
import ClusterAPI
import ClusterModel

struct VolumeClone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clone", abstract: "Make a volume as a copy of another that no running instance uses, beside it on its node.")

    @Argument(help: "The name or id of the volume to copy.", transform: ArgumentText.reference)
    var volume: String

    @Argument(help: "The copy's name.", transform: ArgumentText.name)
    var name: Name

    @Option(help: "The copy's size, at least the other's.", transform: ArgumentText.memory)
    var size: MiB?

    @Option(help: "qcow2 or raw; the other's where absent.")
    var format: VolumeFormat?

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        var request = VolumeRequest(name: name)
        request.size = size
        request.format = format
        request.source = volume
        let copy = try await client.create(request).volume
        if waiting.wait ?? true {
            try await VolumeWait(client: client, timeout: waiting.timeout).until(copy, "there") { $0?.status.state == .available }
        }
        try output.show(copy, "cloned", quiet: connection.quiet)
    }
}
