import ArgumentParser
import ClusterAPI
import ClusterModel

struct InstanceStop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stop", abstract: "Stop instances: ACPI first, hard after the stop timeout.")

    @Flag(help: "End the guest at once, without ACPI.")
    var force = false

    @Option(
        help: ArgumentHelp("How long the guest may take, instead of the instance's own stop timeout.", valueName: "time"),
        transform: ArgumentText.time)
    var guestTimeout: Milliseconds?

    @OptionGroup var change: InstanceChangeOptions

    func run() async throws {
        var request = StopRequest()
        request.force = force ? true : nil
        request.timeout = guestTimeout
        let sent = request
        try await change.perform("stopped") { client, instance in try await client.stop(instance, sent) }
    }
}
