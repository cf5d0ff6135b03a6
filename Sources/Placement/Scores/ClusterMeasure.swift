import ClusterModel

/// What a policy knows of the whole cluster. Room is counted in mean nodes: amount * scale.
package struct ClusterMeasure: Hashable, Sendable {
    /// One over the mean node's allocatable amount; zero where no node has any.
    package let cpuScale: Double
    package let memoryScale: Double
    package let diskScale: Double
    /// All that is allocated, counted in mean nodes.
    package let cpuDemand: Double
    package let memoryDemand: Double
    /// What the nodes have that hold an instance, counted in mean nodes.
    package let cpuInUse: Double
    package let memoryInUse: Double

    init(nodes: Int, allocatable: Amounts, allocated: Amounts, inUse: Amounts) {
        func scale(_ amount: Int64) -> Double { amount > 0 ? Double(nodes) / Double(amount) : 0 }
        cpuScale = scale(allocatable.cpu)
        memoryScale = scale(allocatable.memory)
        diskScale = scale(allocatable.disk)
        cpuDemand = Double(allocated.cpu) * cpuScale
        memoryDemand = Double(allocated.memory) * memoryScale
        cpuInUse = Double(inUse.cpu) * cpuScale
        memoryInUse = Double(inUse.memory) * memoryScale
    }
}
