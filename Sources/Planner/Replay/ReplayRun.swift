import ClusterModel

/// One pass of a policy through a timeline.
struct ReplayRun {
    let policy: PlacementPolicy
    let timeline: ReplayTimeline
    let node: ReplayNode
    /// How many nodes there are; nil opens as many as are wanted.
    let limit: Int?

    private(set) var refused = 0
    /// The most in use at once.
    private(set) var peak = 0
    /// In nodes times the trace's unit of time.
    private(set) var usedTime = 0.0
    private(set) var samples: [ReplaySample] = []

    private var freeCPU: [Int64] = []
    private var freeMemory: [Int64] = []
    private var instances: [Int32] = []
    private var nodeOf: [Int32]
    private var used = 0
    /// No node before it is empty.
    private var firstEmpty = 0
    private var demand: ReplayDemand

    init(policy: PlacementPolicy, timeline: ReplayTimeline, node: ReplayNode, limit: Int?) {
        self.policy = policy
        self.timeline = timeline
        self.node = node
        self.limit = limit
        nodeOf = Array(repeating: -1, count: timeline.vms.count)
        demand = ReplayDemand(node: node)
        if let limit { for _ in 0..<limit { open() } }
    }

    /// Returns false at the first refusal where `complete` is false.
    mutating func run(complete: Bool = true, sampleCount: Int = 0, progress: (Double) throws -> Void = { _ in }) rethrows -> Bool {
        var last = timeline.window.lowerBound
        let length = timeline.window.upperBound - last
        var nextSample = 0
        for (index, event) in timeline.events.enumerated() {
            if index & 0x3FF == 0 { try progress(Double(index) / Double(timeline.events.count)) }
            while nextSample < sampleCount, event.time > timeline.window.lowerBound + length * Double(nextSample) / Double(sampleCount) {
                samples.append(sample(at: timeline.window.lowerBound + length * Double(nextSample) / Double(sampleCount)))
                nextSample += 1
            }
            usedTime += Double(used) * (event.time - last)
            last = event.time
            guard apply(event) || complete else { return false }
        }
        usedTime += Double(used) * (timeline.window.upperBound - last)
        return refused == 0
    }

    /// False where an arrival was refused.
    @discardableResult
    mutating func apply(_ event: ReplayTimeline.Event) -> Bool {
        guard event.arrives else {
            depart(Int(event.vm))
            return true
        }
        return arrive(Int(event.vm))
    }

    /// -1 for a VM that was refused or has not come yet.
    func node(of vm: Int) -> Int { Int(nodeOf[vm]) }

    private mutating func open() {
        freeCPU.append(node.cpu)
        freeMemory.append(node.memory)
        instances.append(0)
    }

    private mutating func arrive(_ vm: Int) -> Bool {
        let request = timeline.vms[vm]
        guard let chosen = choose(vm, request) else {
            refused += 1
            return false
        }
        if instances[chosen] == 0 {
            used += 1
            peak = max(peak, used)
        }
        instances[chosen] += 1
        freeCPU[chosen] -= request.cpu
        freeMemory[chosen] -= request.memory
        nodeOf[vm] = Int32(chosen)
        demand.change(request, by: 1)
        return true
    }

    private mutating func depart(_ vm: Int) {
        let chosen = Int(nodeOf[vm])
        guard chosen >= 0 else { return }
        let request = timeline.vms[vm]
        freeCPU[chosen] += request.cpu
        freeMemory[chosen] += request.memory
        instances[chosen] -= 1
        demand.change(request, by: -1)
        if instances[chosen] == 0 {
            used -= 1
            firstEmpty = min(firstEmpty, chosen)
        }
    }

    private mutating func choose(_ vm: Int, _ request: Trace.VM) -> Int? {
        let rule = ReplayRule(policy, demand: demand, vm: vm)
        let usedOnly = ReplayRule.prefersUsed(policy)
        let cpuScale = 1 / Double(node.cpu)
        let memoryScale = 1 / Double(node.memory)
        var best = -1
        var least = Double.infinity
        for index in freeCPU.indices {
            guard freeCPU[index] >= request.cpu, freeMemory[index] >= request.memory, !usedOnly || instances[index] > 0 else { continue }
            let score = rule.score(
                before: (Double(freeCPU[index]) * cpuScale, Double(freeMemory[index]) * memoryScale),
                after: (Double(freeCPU[index] - request.cpu) * cpuScale, Double(freeMemory[index] - request.memory) * memoryScale), node: index)
            if score < least { (least, best) = (score, index) }
        }
        if best >= 0, !usedOnly || !rule.opensEmpty(least: least, used: used, demand: demand) { return best }
        return emptyNode() ?? (best >= 0 ? best : nil)
    }

    private mutating func emptyNode() -> Int? {
        while firstEmpty < instances.count, instances[firstEmpty] > 0 { firstEmpty += 1 }
        if firstEmpty == instances.count {
            guard limit == nil else { return nil }
            open()
        }
        return firstEmpty
    }

    private func sample(at time: Double) -> ReplaySample {
        var strandedCPU: Int64 = 0
        var strandedMemory: Int64 = 0
        for index in instances.indices where instances[index] > 0 {
            if freeMemory[index] * 20 < node.memory { strandedCPU += freeCPU[index] }
            if freeCPU[index] * 20 < node.cpu { strandedMemory += freeMemory[index] }
        }
        return ReplaySample(
            time: time, usedNodes: used, boundNodes: demand.bound, strandedCPU: Double(strandedCPU) / Double(node.cpu),
            strandedMemory: Double(strandedMemory) / Double(node.memory))
    }
}

/// The cluster at one moment of a replay.
package struct ReplaySample: Sendable, Codable, Hashable {
    /// In the trace's unit.
    package let time: Double
    package let usedNodes: Int
    package let boundNodes: Int
    /// Free CPU on nodes in use with less than a twentieth of their memory left, in nodes.
    package let strandedCPU: Double
    /// The same with CPU and memory exchanged.
    package let strandedMemory: Double
}
