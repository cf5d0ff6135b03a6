/// Keeps the CPU and memory that a node has left in the proportion of the mean node, and among such nodes rather levels the load:
/// |a - b| - min(a, b) / 2, with a, b what is left in mean nodes.
package struct BalancedScore: IndexedScore {
    package static let diskTie = DiskTie.moreFree
    private let request: ScoredRequest

    package init(_ request: ScoredRequest) { self.request = request }

    package func score(_ room: Amounts, standing: NodeStanding) -> Double {
        let cpu = request.cpuAfter(room.cpu)
        let memory = request.memoryAfter(room.memory)
        return abs(cpu - memory) - min(cpu, memory) / 2
    }

    package func bound(_ box: RoomBox, standing: NodeStanding) -> Double {
        let mostCPU = request.cpuAfter(box.mostCPU)
        let mostMemory = request.memoryAfter(box.mostMemory)
        let imbalance = max(0, request.cpuAfter(box.leastCPU) - mostMemory, request.memoryAfter(box.leastMemory) - mostCPU)
        return imbalance - min(mostCPU, mostMemory) / 2
    }
}
