import ArgumentParser
import ClusterAPI
import ClusterModel

struct SnapshotCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Take a snapshot of all disks of an instance at one moment.",
        discussion: """
            berth snapshot create web                     named after the instance
            berth snapshot create web before-upgrade
            """)

    @Argument(help: "The instance's name or id.", transform: ArgumentText.reference)
    var instance: String

    @Argument(help: "The snapshot's name.", transform: ArgumentText.name)
    var name: Name?

    @Flag(inversion: .prefixedNo, help: "Freeze the guest's file systems for it, where its agent answers.")
    var quiesce = true

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        var request = SnapshotRequest(name: name, instance: instance)
        request.quiesce = quiesce ? nil : false
        let answer = try await client.create(request)
        try await waiting.finish(answer.operation, client, quiet: connection.quiet)
        guard waiting.wait ?? true else { return try output.show(answer.snapshot, "to be taken", quiet: connection.quiet) }
        let taken = try await client.snapshot(answer.snapshot.id.description)
        try output.show(taken, "taken (\(taken.consistency?.rawValue ?? taken.state.rawValue))", quiet: connection.quiet)
    }
}
