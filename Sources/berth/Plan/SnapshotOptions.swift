import ArgumentParser
import ClusterAPI
import ClusterModel
import Placement
import Planner

/// The cluster that is planned with: the live one, or a file.
struct SnapshotOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A cluster file instead of the live cluster.", valueName: "file"))
    var cluster: String?

    @OptionGroup var connection: ConnectionOptions

    /// Instances that a file leaves to the placement are placed; those without room are named on standard error.
    func snapshot() async throws -> ClusterSnapshot {
        guard let cluster else { return try await live() }
        var snapshot = try ClusterFile(contentsOf: cluster).snapshot()
        for (instance, why) in snapshot.placeWaiting() where !connection.quiet {
            StandardError.write("berth: \(instance) has no room: \(why.nearestMiss ?? "no node takes it")\n")
        }
        return snapshot
    }

    /// - Parameter migrating: planned with what can migrate as it is alone.
    func live(migrating: Bool = false) async throws -> ClusterSnapshot {
        let client = try connection.client()
        var snapshot = ClusterSnapshot(
            policy: try await client.cluster().policy ?? .pack, nodes: try await client.nodes().whole().items.map(\.node),
            instances: try await client.instances().whole().items,
            sizes: try await client.sizes().whole().items, migrating: migrating)
        guard migrating else { return snapshot }
        let kept = Set(try await client.snapshots().whole().items.map(\.instance))
        for place in snapshot.instances.indices where kept.contains(snapshot.instances[place].request.instance) {
            snapshot.instances[place].reach = .nowhere
        }
        return snapshot
    }
}
