import ArgumentParser
import ClusterAPI

struct InstanceReboot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reboot", abstract: "Reboot instances: ACPI first, hard after the instance's stop timeout.")

    @OptionGroup var change: InstanceChangeOptions

    func run() async throws { try await change.perform("rebooted") { client, instance in try await client.reboot(instance) } }
}
