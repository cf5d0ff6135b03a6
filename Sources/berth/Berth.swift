import ArgumentParser

@main
package struct Berth: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "berth",
        abstract: "Runs virtual machines on a fleet of Linux hosts, packs them tightly, and says why.",
        discussion: """
            Begin on one machine:
              berth dev up                    a controller and three agents, on loopback
              berth launch web --wait         a VM of the default size and image
              berth instance explain web      where it went, and why nowhere else
              berth console web               its serial console; detach with ~.
              berth dev down                  stop everything

            The controller is found by --endpoint, then BERTH_ENDPOINT, then the current context of
            $XDG_CONFIG_HOME/berth/context.yaml; who asks, by BERTH_TOKEN or the context's token.

            Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 conflict, 5 not allowed, 6 over quota,
            7 no capacity, 8 timed out, 9 controller unreachable, 130 interrupted.
            """,
        groupedSubcommands: [
            CommandGroup(
                name: "Instances",
                subcommands: [
                    InstanceLaunch.self, InstanceCommand.self, Console.self, Logs.self, SSH.self, Exec.self, Copy.self, PortForward.self,
                    Wait.self, OperationCommand.self,
                ]),
            CommandGroup(
                name: "Cluster",
                subcommands: [ClusterCommand.self, NodeCommand.self, SizeCommand.self, ImageCommand.self, KeyCommand.self, EventList.self]),
            CommandGroup(
                name: "Access",
                subcommands: [
                    ProjectCommand.self, QuotaCommand.self, UserCommand.self, ServiceAccountCommand.self, RoleCommand.self, TokenCommand.self,
                    AuditCommand.self, Whoami.self,
                ]),
            CommandGroup(name: "Disks", subcommands: [VolumeCommand.self, SnapshotCommand.self]),
            CommandGroup(name: "Files", subcommands: [Apply.self, Diff.self, DeleteDeclared.self]),
            CommandGroup(name: "Planning", subcommands: [CapacityCommand.self, PlanCommand.self, SimulateCommand.self]),
            CommandGroup(name: "Running Berth", subcommands: [DevCommand.self, ControllerCommand.self, AgentCommand.self, BenchCommand.self]),
            CommandGroup(name: "About", subcommands: [Version.self, Completion.self]),
        ])

    package init() {}

    // swift-format-ignore: NoLeadingUnderscores
    package static var _errorPrefix: String { "berth: " }

    package static func main() async { await Invocation.main() }
}
