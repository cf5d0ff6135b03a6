import ClusterModel
import Placement
import Planner

/// A cluster of unlike nodes with some instances placed by a policy, the same for the same seed.
enum RandomSnapshot {
    static func make(_ seed: UInt64, nodes count: Int = 12, instances: Int = 60, policy: PlacementPolicy = .spread) throws -> ClusterSnapshot {
        var generator = SeededGenerator(seed: seed)
        var file = ClusterFile(name: try Name("random"), policy: policy)
        for number in 0..<count {
            let cpu = Int64(8 << generator.below(2))
            var entry = ClusterFile.NodeEntry(
                name: NamePattern(try Name("n\(number)")),
                capacity: Capacity(
                    total: Resources(
                        cpu: MilliCPU(vcpus: cpu), memory: MiB(cpu * 4096), disk: MiB(200_000),
                        devices: number % 5 == 0 ? [.init(name: try Name("gpu"), count: 2)] : [])))
            entry.labels = Labels([try Label(key: "rack", value: "r\(number % 3)"), try Label(key: "zone", value: "z1")])
            entry.overhead = MiB(number % 2 == 0 ? 64 : 80)
            if number % 4 == 3 { entry.taints = [Taint(label: try Label("team=a"))] }
            file.nodes.append(entry)
        }
        for number in 0..<instances {
            let cpu = Int64(500 << generator.below(4))
            var entry = ClusterFile.InstanceEntry(
                name: NamePattern(try Name("i\(number)")), size: nil,
                resources: Resources(cpu: MilliCPU(cpu), memory: MiB(Int64(512 << generator.below(5))), disk: MiB(1000)))
            let group = try Name("g\(number % 4)")
            entry.groups = [group]
            if generator.below(4) == 0 { entry.constraints.antiAffinity = [.init(group: group, hard: true)] }
            if generator.below(4) == 0 { entry.constraints.tolerate = [Toleration(key: "team")] }
            if generator.below(6) == 0 { entry.constraints.require = [try Label(key: "rack", value: "r\(generator.below(3))")] }
            if generator.below(12) == 0 { entry.resources.devices = [.init(name: try Name("gpu"), count: 1)] }
            file.instances.append(entry)
        }
        var snapshot = file.snapshot()
        snapshot.placeWaiting()
        return snapshot
    }
}
