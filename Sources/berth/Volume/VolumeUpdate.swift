import ArgumentParser
import ClusterAPI
import ClusterModel

struct VolumeUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change a volume's limits, and whether it goes with its instance.",
        discussion: """
            berth volume update data --iops 500 --bandwidth 50MiB
            berth volume update data --no-limits --no-delete-with-instance
            """)

    @Argument(help: "The volume's name or id.", transform: ArgumentText.reference)
    var volume: String

    @Flag(help: "As much as there is.")
    var noLimits = false

    @Flag(inversion: .prefixedNo, help: "Delete it with the instance that it is attached to.")
    var deleteWithInstance: Bool?

    @OptionGroup var limits: IOLimitOptions
    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if noLimits, !limits.limits.isEmpty { throw ValidationError("--no-limits and a limit say opposite things") }
        if !noLimits, limits.limits.isEmpty, deleteWithInstance == nil {
            throw ValidationError("say what to change: --iops, --bandwidth, --no-limits or --delete-with-instance")
        }
    }

    func run() async throws {
        let client = try connection.client()
        var request = VolumeUpdateRequest()
        request.limits = noLimits || !limits.limits.isEmpty ? limits.limits : nil
        request.deleteWithInstance = deleteWithInstance
        let answer = try await client.update(volume: volume, request)
        try await waiting.finish(answer.operation, client, quiet: connection.quiet)
        try output.show(answer.volume, "updated", quiet: connection.quiet)
    }
}
