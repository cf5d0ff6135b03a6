import ArgumentParser
import ClusterAPI
import ClusterModel

struct VolumeCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a volume.",
        discussion: """
            berth volume create data --size 10GiB                made where it is first attached
            berth volume create logs --size 2GiB --node n1 --format raw --iops 500
            """)

    @Argument(help: "Its name.", transform: ArgumentText.name)
    var name: Name

    @Option(help: "How large it is, such as 10GiB.", transform: ArgumentText.memory)
    var size: MiB

    @Option(help: "qcow2, which can be part of snapshots, or raw.")
    var format: VolumeFormat = .qcow2

    @Option(help: "The storage pool of its node.", transform: ArgumentText.name)
    var pool: Name?

    @Option(help: "The node to make it on at once.", transform: ArgumentText.reference)
    var node: String?

    @Flag(help: "Delete it with the instance that it is attached to.")
    var deleteWithInstance = false

    @OptionGroup var limits: IOLimitOptions
    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        var request = VolumeRequest(name: name)
        request.size = size
        request.format = format
        request.pool = pool
        request.node = node
        request.limits = limits.limits.isEmpty ? nil : limits.limits
        request.deleteWithInstance = deleteWithInstance ? true : nil
        let volume = try await client.create(request).volume
        if waiting.wait ?? true, volume.node != nil {
            try await VolumeWait(client: client, timeout: waiting.timeout).until(volume, "there") { $0?.status.state == .available }
        }
        try output.show(volume, volume.node == nil ? "created; it is made where it is first attached" : "created", quiet: connection.quiet)
    }
}

extension VolumeFormat: ExpressibleByArgument {}
