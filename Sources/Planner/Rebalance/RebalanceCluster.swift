import ClusterModel
import Placement

/// A snapshot in the plain numbers that the search wants, and the engine to ask what they do not say.
struct RebalanceCluster {
    let state: RebalanceState
    /// The snapshot's position of each instance of the state.
    let instanceIndex: [Int]

    init(_ snapshot: ClusterSnapshot) {
        let devices = Set(
            snapshot.nodes.flatMap { $0.placement.allocatable.devices.map(\.name) }
                + snapshot.instances.flatMap { $0.request.resources.devices.map(\.name) }
        ).sorted()
        func amounts(_ resources: Resources) -> [Int64] {
            [resources.cpu.count, resources.memory.count, resources.disk.count] + devices.map { resources.count(of: $0) }
        }
        let positions = Dictionary(snapshot.nodes.enumerated().map { ($1.placement.id, $0) }, uniquingKeysWith: { first, _ in first })
        instanceIndex = snapshot.instances.indices.filter { index in snapshot.instances[index].node.map { positions[$0] != nil } ?? false }
        let placed = instanceIndex.map { snapshot.instances[$0] }
        let nodeOf = placed.map { $0.node.flatMap { positions[$0] } ?? 0 }
        var classes: [PlacementWishes: Int] = [:]
        var eligible: [[Bool]] = []
        var empty = PlacementEngine(policy: snapshot.policy)
        for node in snapshot.nodes { empty.setNode(node.placement) }
        let classOf = placed.map { instance in
            let wishes = PlacementWishes(instance)
            if let known = classes[wishes] { return known }
            classes[wishes] = eligible.count
            let allowed = wishes.eligible(in: empty, positions: positions)
            eligible.append(zip(allowed, snapshot.nodes).map { $0 && instance.reach.includes($1.machine) })
            return eligible.count - 1
        }
        let overhead = snapshot.nodes.map(\.placement.overhead.count)
        // What an instance was seen to hold counts, less the overhead that another node would not have.
        let need = zip(placed, nodeOf).flatMap { instance, node in
            var held = instance.allocation ?? instance.request.resources
            if instance.allocation != nil { held.memory -= MiB(overhead[node]) }
            return amounts(held)
        }
        state = RebalanceState(
            kinds: 3 + devices.count, capacity: snapshot.nodes.flatMap { amounts($0.placement.allocatable) }, overhead: overhead, need: need,
            nodeOf: nodeOf, eligible: eligible, classOf: classOf, rules: RebalanceRules(snapshot, placed: placed.map(\.request)))
    }

    func highestLoad(_ state: RebalanceState) -> Double { (0..<state.nodeCount).reduce(0) { max($0, state.load($1)) } }

    /// The fewest largest nodes that hold the sum, resource by resource.
    var lowerBound: Int {
        var bound = 0
        for kind in 0..<state.kinds {
            var wanted = (0..<state.nodeOf.count).reduce(Int64(0)) { $0 + state.need[$1 * state.kinds + kind] }
            var count = 0
            for capacity in (0..<state.nodeCount).map({ state.capacity[$0 * state.kinds + kind] }).sorted(by: >) where wanted > 0 {
                wanted -= capacity
                count += 1
            }
            bound = max(bound, count)
        }
        return bound
    }
}

/// What of a request speaks of nodes alone, not of other instances or room.
private struct PlacementWishes: Hashable {
    var constraints: Constraints
    let traits: [String]
    let reach: MigrationReach

    init(_ instance: ClusterSnapshot.PlannedInstance) {
        constraints = instance.request.constraints
        constraints.antiAffinity = []
        constraints.affinity = []
        constraints.spread = []
        constraints.prefer = []
        traits = instance.request.traits
        reach = instance.reach
    }

    func eligible(in empty: PlacementEngine, positions: [NodeID: Int]) -> [Bool] {
        var eligible = [Bool](repeating: false, count: positions.count)
        let request = PlacementRequest(
            instance: ClusterSnapshot.plannedID(9, 0), resources: .zero, constraints: constraints, traits: traits)
        for verdict in empty.explain(request).nodes where verdict.refusals.isEmpty {
            if let position = positions[verdict.node] { eligible[position] = true }
        }
        return eligible
    }
}
