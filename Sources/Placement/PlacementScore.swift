import ClusterModel

/// What a policy knows of the whole cluster, from sums over its nodes.
package struct ClusterMeasure: Hashable, Sendable {
    /// Mean allocatable amounts of a node; zero in an empty cluster.
    package var cpu: Double
    package var memory: Double
    package var disk: Double
    /// All that is allocated, counted in such mean nodes.
    package var cpuDemand: Double
    package var memoryDemand: Double

    init(nodes: Int, allocatable: Resources, allocated: Resources) {
        let count = Double(max(1, nodes))
        cpu = Double(allocatable.cpu.count) / count
        memory = Double(allocatable.memory.count) / count
        disk = Double(allocatable.disk.count) / count
        cpuDemand = cpu > 0 ? Double(allocated.cpu.count) / cpu : 0
        memoryDemand = memory > 0 ? Double(allocated.memory.count) / memory : 0
    }

    /// Room counted in mean nodes.
    func fraction(cpu amount: Int64) -> Double { cpu > 0 ? max(0, Double(amount)) / cpu : 0 }
    func fraction(memory amount: Int64) -> Double { memory > 0 ? max(0, Double(amount)) / memory : 0 }
    func fraction(disk amount: Int64) -> Double { disk > 0 ? max(0, Double(amount)) / disk : 0 }
}

/// Free room in mean nodes, before or after a placement.
package struct Room: Hashable, Sendable {
    package var cpu: Double
    package var memory: Double
    package var disk: Double

    init(_ free: Resources, in measure: ClusterMeasure) {
        cpu = measure.fraction(cpu: free.cpu.count)
        memory = measure.fraction(memory: free.memory.count)
        disk = measure.fraction(disk: free.disk.count)
    }
}

extension PlacementPolicy {
    /// Lower is better. Only exactly specified operations (no pow, exp, log), so that every machine agrees on the last bit.
    func score(before: Room, after: Room, measure: ClusterMeasure) -> Double {
        switch self {
        case .pack:
            after.cpu.squareRoot() + after.memory.squareRoot() + after.disk.squareRoot()
                + 100 * (measure.stranded(after) - measure.stranded(before))
        case .spread: -min(after.cpu, after.memory)
        case .balanced: abs(after.cpu - after.memory) - min(after.cpu, after.memory) / 2
        case .bestFitL2: after.cpu * after.cpu + after.memory * after.memory + after.disk * after.disk
        case .worstFit: -(after.cpu * after.cpu + after.memory * after.memory + after.disk * after.disk)
        case .firstFit, .random: 0
        }
    }
}

extension ClusterMeasure {
    /// Room in one resource that what remains of the other can't use, given the cluster's own mix of demand.
    func stranded(_ room: Room) -> Double {
        guard cpuDemand > 0, memoryDemand > 0 else { return 0 }
        return memoryDemand > cpuDemand
            ? max(0, room.memory - room.cpu * memoryDemand / cpuDemand) : max(0, room.cpu - room.memory * cpuDemand / memoryDemand)
    }
}
