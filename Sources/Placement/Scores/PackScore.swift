/// Fills nodes so that little room is left, and above all so that no node is left with room in one resource that it can't use for want of the other.
///
/// With a, b the CPU and memory left after the placement in mean nodes, A, B before, and S what of one is stranded given the cluster's mix of demand:
/// sqrt(a) + sqrt(b) + 100 * (S(a, b) - S(A, B)). An empty node comes after every node in use. Where a node in use would strand too much, an empty one is better,
/// as long as hardly more nodes are in use than the sum of all instances needs. `LifetimeCost` is added for a node in use.
package struct PackScore: IndexedScore {
    package static let diskTie = DiskTie.lessFree
    private static let strandingWeight = 100.0
    /// More than the rounding of any bound, and too little to matter.
    private static let slack = 1e-6
    /// What puts a node behind others whatever its room.
    private static let step = 1024.0
    /// Of a node in use; of sqrt(a) + sqrt(b) at most the two that an empty mean node has count towards it.
    private static let tooBad = 4.0
    /// Nodes in use to those that the sum of all instances needs.
    private static let spareNodes = 1.03

    private let request: ScoredRequest
    /// Of the resource in greater demand to the other.
    private let ratio: Double
    private let memoryLeads: Bool
    /// How far the placement itself moves a node towards stranding; below zero it uses stranded room.
    private let shift: Double
    private let mayOpen: Bool

    package init(_ request: ScoredRequest) {
        self.request = request
        // One mean node is added to both, so that the first few instances do not decide what the mix is.
        let cpu = request.measure.cpuDemand + 1
        let memory = request.measure.memoryDemand + 1
        memoryLeads = memory > cpu
        ratio = memoryLeads ? memory / cpu : cpu / memory
        let needCPU = Double(max(0, request.need.cpu)) * request.measure.cpuScale
        let needMemory = Double(max(0, request.need.memory)) * request.measure.memoryScale
        let measure = request.measure
        mayOpen =
            measure.memoryDemand > measure.cpuDemand
            ? measure.memoryInUse < Self.spareNodes * measure.memoryDemand : measure.cpuInUse < Self.spareNodes * measure.cpuDemand
        shift = memoryLeads ? needCPU * ratio - needMemory : needMemory * ratio - needCPU
    }

    private func stranded(_ cpu: Double, _ memory: Double) -> Double { max(0, memoryLeads ? memory - cpu * ratio : cpu - memory * ratio) }

    private func weighed(left: Double, stranding: Double, _ standing: NodeStanding) -> Double {
        let lost = Self.strandingWeight * stranding
        if standing.isEmpty { return left + lost + Self.step }
        let score = left + lost + LifetimeCost.of(request.expiry, on: standing.lastExpiry)
        return mayOpen && min(left, 2) + lost > Self.tooBad ? score + 2 * Self.step : score
    }

    package func score(_ room: Amounts, standing: NodeStanding) -> Double {
        let cpu = request.cpuAfter(room.cpu)
        let memory = request.memoryAfter(room.memory)
        let stranding = stranded(cpu, memory) - stranded(request.cpuBefore(room.cpu), request.memoryBefore(room.memory))
        return weighed(left: cpu.squareRoot() + memory.squareRoot(), stranding: stranding, standing)
    }

    package func bound(_ box: RoomBox, standing: NodeStanding) -> Double {
        let left = request.cpuAfter(box.leastCPU).squareRoot() + request.memoryAfter(box.leastMemory).squareRoot()
        // With t how far the room is beyond the mix of demand, stranding changes by max(0, t + shift) - max(0, t): falling in t or rising, as the shift's
        // sign says, so that one corner of the box has the least.
        let useMostMemory = (shift < 0) == memoryLeads
        let cpu = request.cpuBefore(useMostMemory ? box.leastCPU : box.mostCPU)
        let memory = request.memoryBefore(useMostMemory ? box.mostMemory : box.leastMemory)
        let beyond = memoryLeads ? memory - cpu * ratio : cpu - memory * ratio
        let stranding = shift < 0 ? max(shift, -max(0, beyond)) : min(shift, max(0, beyond + shift))
        return weighed(left: left, stranding: stranding - Self.slack, standing)
    }
}
