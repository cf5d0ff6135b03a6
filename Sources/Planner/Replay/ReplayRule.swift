import ClusterModel

/// A policy as the replay uses it on equal nodes with two resources: the same order of nodes as `Placement` gives, without its index and constraints.
struct ReplayRule {
    let policy: PlacementPolicy
    /// Of memory demand to CPU demand, in nodes.
    private let ratio: Double
    private let inverse: Double
    private let memoryLeads: Bool
    private let seed: UInt64

    init(_ policy: PlacementPolicy, demand: ReplayDemand, vm: Int) {
        self.policy = policy
        // One node more of each, so that the first few VMs do not decide what the mix is.
        ratio = (demand.memoryNodes + 1) / (demand.cpuNodes + 1)
        inverse = 1 / ratio
        memoryLeads = ratio > 1
        seed = UInt64(truncatingIfNeeded: vm)
    }

    /// Whether an empty node is taken only when no other fits.
    static func prefersUsed(_ policy: PlacementPolicy) -> Bool {
        switch policy {
        case .pack, .bestFitL2: true
        case .spread, .balanced, .firstFit, .worstFit, .random: false
        }
    }

    @inline(__always) func score(before: (cpu: Double, memory: Double), after: (cpu: Double, memory: Double), node: Int) -> Double {
        switch policy {
        case .pack:
            after.cpu.squareRoot() + after.memory.squareRoot()
                + 100 * (stranded(after.cpu, after.memory) - stranded(before.cpu, before.memory))
        case .bestFitL2: after.cpu * after.cpu + after.memory * after.memory
        case .worstFit: -(after.cpu * after.cpu + after.memory * after.memory)
        case .spread: -min(after.cpu, after.memory)
        case .balanced: abs(after.cpu - after.memory) - min(after.cpu, after.memory) / 2
        case .firstFit: Double(node)
        case .random: mixed(node)
        }
    }

    /// Room in one resource that what is left of the other can't use, given the mix of what is asked for.
    @inline(__always) private func stranded(_ cpu: Double, _ memory: Double) -> Double {
        memoryLeads ? max(0, memory - cpu * ratio) : max(0, cpu - memory * inverse)
    }

    private func mixed(_ node: Int) -> Double {
        var generator = SeededGenerator(seed: seed &* 0x9E37_79B9 &+ UInt64(truncatingIfNeeded: node))
        return Double(generator.next() >> 11)
    }

    /// Even the best node in use would strand so much that an empty one is better, while few are open.
    func opensEmpty(least: Double, used: Int, demand: ReplayDemand) -> Bool {
        policy == .pack && least > Self.badScore && Double(used) < Self.spareNodes * max(demand.cpuNodes, demand.memoryNodes)
    }

    private static let badScore = 4.0
    private static let spareNodes = 1.03
}
