import ArgumentParser
import ClusterAPI
import ClusterModel

struct InstanceRebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild", abstract: "Begin anew from an image: what is on the root disk is lost, volumes are kept.")

    @Option(help: "The image; the instance's own where absent.", transform: ArgumentText.name)
    var image: Name?

    @Flag(name: [.short, .long], help: "Do not ask.")
    var yes = false

    @OptionGroup var change: InstanceChangeOptions

    func run() async throws {
        try Confirmation.ask("What is on the root disk of \(change.instances.joined(separator: ", ")) is lost. Rebuild?", yes: yes)
        try await change.perform("rebuilt") { [image] client, instance in try await client.rebuild(instance, RebuildRequest(image: image)) }
    }
}
