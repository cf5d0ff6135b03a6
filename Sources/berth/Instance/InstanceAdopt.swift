import ArgumentParser
import ClusterAPI

struct InstanceAdopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "adopt", abstract: "Make quarantined VMs instances like any other.")

    @OptionGroup var change: InstanceChangeOptions

    func run() async throws { try await change.perform("adopted") { client, instance in try await client.adopt(instance) } }
}
