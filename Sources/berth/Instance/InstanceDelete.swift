import ArgumentParser
import ClusterAPI

struct InstanceDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete instances with everything they hold. The name is free again at once.", aliases: ["rm"])

    @OptionGroup var change: InstanceChangeOptions

    func run() async throws { try await change.perform("deleted") { client, instance in try await client.delete(instance) } }
}
