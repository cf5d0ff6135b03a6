import ArgumentParser
import ClusterAPI

struct InstanceStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Start stopped instances.")

    @OptionGroup var change: InstanceChangeOptions

    func run() async throws { try await change.perform("started") { client, instance in try await client.start(instance) } }
}
