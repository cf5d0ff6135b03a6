import ArgumentParser
import ClusterAPI
import ClusterModel

struct InstanceResize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resize", abstract: "Give instances another size: on their node where there is room. A disk can only grow.")

    @Option(help: "The new size's name.", transform: ArgumentText.name)
    var size: Name

    @Flag(help: "Restart instances for it that run.")
    var restart = false

    @OptionGroup var change: InstanceChangeOptions

    func run() async throws {
        try await change.perform("resized") { [size, restart] client, instance in
            try await client.resize(instance, ResizeRequest(size: size, restart: restart))
        }
    }
}
