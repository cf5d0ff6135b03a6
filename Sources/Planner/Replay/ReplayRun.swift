import ClusterModel
import Placement

/// One pass of a policy through a timeline: the placement engine decides, as it does in a live cluster.
struct ReplayRun {
    let timeline: ReplayTimeline
    let node: ReplayNode
    /// How many nodes there are; nil opens as many as are wanted.
    let limit: Int?
    /// How long the trace's unit of time is, where the engine is told when each VM ends.
    let lifetimeUnit: Milliseconds?

    private(set) var refused = 0
    /// In nodes times the trace's unit of time.
    private(set) var usedTime = 0.0
    private(set) var samples: [ReplaySample] = []

    private var engine: PlacementEngine
    private var rooms: [Room] = []
    private var numbers: [NodeID: Int] = [:]
    private var nodeOf: [Int32]
    private var used = 0
    private var demand: ReplayDemand

    private struct Room {
        var cpu: Int64
        var memory: Int64
        var instances = 0
    }

    init(policy: PlacementPolicy, timeline: ReplayTimeline, node: ReplayNode, limit: Int?, lifetimeUnit: Milliseconds? = nil) {
        self.lifetimeUnit = lifetimeUnit
        self.timeline = timeline
        self.node = node
        self.limit = limit
        engine = PlacementEngine(policy: policy)
        nodeOf = Array(repeating: -1, count: timeline.vms.count)
        demand = ReplayDemand(node: node)
        for _ in 0..<(limit ?? 1) { open() }
    }

    /// Returns false at the first refusal where `complete` is false.
    mutating func run(complete: Bool = true, sampleCount: Int = 0, progress: (Double) throws -> Void = { _ in }) rethrows -> Bool {
        var last = timeline.window.lowerBound
        let length = timeline.window.upperBound - last
        var nextSample = 0
        for (index, event) in timeline.events.enumerated() {
            if index & 0x1F == 0 { try progress(Double(index) / Double(timeline.events.count)) }
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
        let number = rooms.count
        let id: NodeID = ClusterSnapshot.plannedID(1, number)
        let digits = String(number)
        // In name order as in the order of their numbers.
        guard let name = try? Name("n" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits) else { return }
        engine.setNode(PlacementNode(id: id, name: name, allocatable: node.resources))
        numbers[id] = number
        rooms.append(Room(cpu: node.cpu, memory: node.memory))
    }

    private mutating func arrive(_ vm: Int) -> Bool {
        let need = timeline.vms[vm]
        let request = PlacementRequest(
            instance: ClusterSnapshot.plannedID(2, vm), resources: need.resources, expiresAt: lifetimeUnit.flatMap { need.expiry(unit: $0) })
        guard let decision = engine.decide(request), let chosen = numbers[decision.node], (try? engine.allocate(decision.allocation)) != nil else {
            refused += 1
            return false
        }
        if rooms[chosen].instances == 0 { used += 1 }
        rooms[chosen].instances += 1
        rooms[chosen].cpu -= need.cpu
        rooms[chosen].memory -= need.memory
        nodeOf[vm] = Int32(chosen)
        demand.change(need, by: 1)
        // There is always an empty one to open.
        if limit == nil, used == rooms.count { open() }
        return true
    }

    private mutating func depart(_ vm: Int) {
        let chosen = Int(nodeOf[vm])
        guard chosen >= 0 else { return }
        engine.release(ClusterSnapshot.plannedID(2, vm))
        let need = timeline.vms[vm]
        rooms[chosen].cpu += need.cpu
        rooms[chosen].memory += need.memory
        rooms[chosen].instances -= 1
        if rooms[chosen].instances == 0 { used -= 1 }
        demand.change(need, by: -1)
    }

    private func sample(at time: Double) -> ReplaySample {
        var strandedCPU: Int64 = 0
        var strandedMemory: Int64 = 0
        for room in rooms where room.instances > 0 {
            if room.memory * 20 < node.memory { strandedCPU += room.cpu }
            if room.cpu * 20 < node.cpu { strandedMemory += room.memory }
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
