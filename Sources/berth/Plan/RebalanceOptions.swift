import ArgumentParser
import ClusterAPI
import ClusterModel

/// How a rebalancing is performed.
struct RebalanceOptions: ParsableArguments {
    static let standardParallel = 2

    @Option(
        help: ArgumentHelp(
            "How many migrate at once, at most: \(DrainOrder.parallels.lowerBound) to \(DrainOrder.parallels.upperBound); 2 when absent.",
            valueName: "number"), transform: ArgumentText.positive)
    var parallel: Int?

    @Option(help: ArgumentHelp("Each at most so many MiB a second.", valueName: "MiB/s"), transform: ArgumentText.positive)
    var bandwidth: Int?

    @Option(
        help: ArgumentHelp("How long each guest may stand still, in milliseconds; 100 when absent.", valueName: "ms"),
        transform: ArgumentText.positive)
    var maxDowntime: Int?

    @Option(help: ArgumentHelp("How long one migration may take, such as 10m; 1h when absent.", valueName: "time"), transform: ArgumentText.time)
    var timeout: Milliseconds?

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    func validate() throws {
        let range = DrainOrder.parallels
        guard let parallel, !range.contains(parallel) else { return }
        throw ValidationError("--parallel: \(parallel) is out of range: \(range.lowerBound) to \(range.upperBound) is allowed")
    }

    var areGiven: Bool { parallel != nil || bandwidth != nil || maxDowntime != nil || timeout != nil || yes }

    func request(to node: Name) -> MigrateRequest {
        MigrateRequest(
            node: node.text, bandwidth: bandwidth.map { MiB(Int64($0)) }, maxDowntime: maxDowntime.map { Milliseconds(Int64($0)) })
    }
}
