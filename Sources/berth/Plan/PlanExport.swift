import ArgumentParser
import ClusterModel
import Planner

struct PlanExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the live cluster as one YAML file, on standard output.",
        discussion: "The planner's commands and `berth dev up` read the file with --cluster.")

    @Option(help: "The name that the file gives the cluster.", transform: ArgumentText.name)
    var name: Name?

    @OptionGroup var source: SnapshotOptions

    func run() async throws {
        try StandardOutput.write(ClusterFile(name: try name ?? Name("cluster"), snapshot: try await source.snapshot()).yaml())
    }
}
