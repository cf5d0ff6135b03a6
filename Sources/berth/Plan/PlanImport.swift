import ArgumentParser
import ClusterModel
import Planner

struct PlanImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Read a cluster file, check it, and show the cluster that it describes.")

    @Argument(help: "The cluster file.")
    var file: String

    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        let cluster = try ClusterFile(contentsOf: file)
        var snapshot = cluster.snapshot()
        for (instance, why) in snapshot.placeWaiting() {
            StandardError.write("berth: \(instance) has no room: \(why.nearestMiss ?? "no node takes it")\n")
        }
        try answer.show(CapacityReport(snapshot), title: "Cluster \(cluster.name)")
    }
}
