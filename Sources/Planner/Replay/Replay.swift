import ClusterModel

/// What a policy makes of a trace on equal nodes.
package struct Replay: Sendable, Codable {
    /// VMs that a node can hold, counting those that were there at the beginning.
    package let arrivals: Int
    /// VMs larger than a node.
    package let skipped: Int
    /// At `fewestNodes`, or with the given number of nodes.
    package let refused: Int
    /// The most nodes that the sum of all VMs at one moment needs.
    package let lowerBoundNodes: Int
    /// The fewest with which nothing is refused; nil where a number of nodes was given.
    package let fewestNodes: Int?
    /// The number given, or 1.3 times the bound.
    package let nodes: Int
    /// Time of nodes that hold a VM, with `nodes` nodes, divided by the bound's over time; nil for a trace of no length.
    package let nodeHoursRatio: Double?
    package let policy: PlacementPolicy
    /// Whether the engine was told when each VM ends.
    package let lifetimes: Bool
    /// For plots; not part of the answer's JSON.
    package let samples: [ReplaySample]

    private enum CodingKeys: String, CodingKey {
        case arrivals, skipped, refused, lowerBoundNodes, fewestNodes, nodes, nodeHoursRatio, policy, lifetimes
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        arrivals = try fields.decode(Int.self, forKey: .arrivals)
        skipped = try fields.decode(Int.self, forKey: .skipped)
        refused = try fields.decode(Int.self, forKey: .refused)
        lowerBoundNodes = try fields.decode(Int.self, forKey: .lowerBoundNodes)
        fewestNodes = try fields.decodeIfPresent(Int.self, forKey: .fewestNodes)
        nodes = try fields.decode(Int.self, forKey: .nodes)
        nodeHoursRatio = try fields.decodeIfPresent(Double.self, forKey: .nodeHoursRatio)
        policy = try fields.decode(PlacementPolicy.self, forKey: .policy)
        lifetimes = try fields.decodeIfPresent(Bool.self, forKey: .lifetimes) ?? false
        samples = []
    }

    package init(
        _ trace: Trace, node: ReplayNode, policy: PlacementPolicy, nodes: Int? = nil, lifetimeUnit: Milliseconds? = nil, sampleCount: Int = 0
    ) {
        self.init(trace, node: node, policy: policy, nodes: nodes, lifetimeUnit: lifetimeUnit, sampleCount: sampleCount) { _, _ in }
    }

    /// - Parameters:
    ///   - nodes: how many there are; nil searches the fewest that refuse nothing.
    ///   - lifetimeUnit: tells the engine when each VM ends, and says how long the trace's unit of time is; nil tells it nothing.
    ///   - sampleCount: how many moments to keep for a plot.
    ///   - progress: told now and then what is done, in words and as a fraction; what it throws ends the replay.
    package init(
        _ trace: Trace, node: ReplayNode, policy: PlacementPolicy, nodes: Int? = nil, lifetimeUnit: Milliseconds? = nil, sampleCount: Int = 0,
        progress: (String, Double) throws -> Void
    ) rethrows {
        let timeline = ReplayTimeline(trace, node: node)
        self.policy = policy
        lifetimes = lifetimeUnit != nil
        skipped = timeline.skipped
        arrivals = timeline.events.count { $0.arrives }
        lowerBoundNodes = timeline.lowerBound
        let measured = nodes ?? (timeline.lowerBound * 13 + 9) / 10
        self.nodes = measured
        var run = ReplayRun(policy: policy, timeline: timeline, node: node, limit: measured, lifetimeUnit: lifetimeUnit)
        _ = try run.run(sampleCount: sampleCount) { try progress("with \(measured) nodes", $0) }
        nodeHoursRatio = timeline.boundTime > 0 ? run.usedTime / timeline.boundTime : nil
        samples = run.samples
        if nodes == nil {
            fewestNodes = try Self.fewest(timeline, known: run.refused == 0 ? measured : nil, progress: progress) {
                ReplayRun(policy: policy, timeline: timeline, node: node, limit: $0, lifetimeUnit: lifetimeUnit)
            }
            refused = 0
        } else {
            fewestNodes = nil
            refused = run.refused
        }
    }

    /// By halving between the bound and a number that is enough.
    private static func fewest(
        _ timeline: ReplayTimeline, known: Int?, progress: (String, Double) throws -> Void, with nodes: (Int) -> ReplayRun
    ) rethrows -> Int {
        func refusesNothing(_ count: Int, _ progress: (String, Double) throws -> Void) rethrows -> Bool {
            var run = nodes(count)
            return try run.run(complete: false) { try progress("trying \(count) nodes", $0) }
        }
        guard timeline.lowerBound > 0 else { return 0 }
        var enough = known ?? max(2, timeline.lowerBound * 2)
        // As many nodes as VMs are always enough.
        if known == nil { while enough < timeline.vms.count, try !refusesNothing(enough, progress) { enough *= 2 } }
        var low = timeline.lowerBound
        while low < enough {
            let middle = low + (enough - low) / 2
            if try refusesNothing(middle, progress) { enough = middle } else { low = middle + 1 }
        }
        return enough
    }
}
