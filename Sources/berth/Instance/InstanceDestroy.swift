import ArgumentParser
import ClusterAPI

struct InstanceDestroy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "destroy", abstract: "End quarantined VMs, and whatever they hold.")

    @OptionGroup var change: InstanceChangeOptions

    func run() async throws { try await change.perform("destroyed") { client, instance in try await client.destroy(instance) } }
}
