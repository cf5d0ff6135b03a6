import ClusterModel
import Placement

/// What an engine should hold, in plain dictionaries, beside the engine itself.
struct EngineModel {
    var engine: PlacementEngine
    var cluster: RandomCluster
    private(set) var nodes: [NodeID: PlacementNode] = [:]
    private(set) var allocations: [InstanceID: Allocation] = [:]
    private(set) var journal: [PlacementStep] = []

    init(seed: UInt64, policy: PlacementPolicy, nodes count: Int) {
        engine = PlacementEngine(policy: policy)
        cluster = RandomCluster(seed: seed)
        for _ in 0..<count { add(cluster.node()) }
    }

    private mutating func add(_ node: PlacementNode) {
        journal.append(.node(before: nodes[node.id], after: node))
        engine.setNode(node)
        nodes[node.id] = node
    }

    /// One change: mostly a launch or an end, sometimes a node that comes, goes or turns into another.
    mutating func step() {
        switch cluster.random.below(100) {
        case 0..<2: add(cluster.node())
        case 2..<4: if nodes.count > 3, let node = anyNode() { remove(node) }
        case 4..<10: if let node = anyNode() { add(cluster.node(id: node.id, name: node.name)) }
        case 10..<13: force()
        case 13..<40: if let instance = anyInstance() { release(instance) }
        default: launch(cluster.request())
        }
    }

    mutating func launch(_ request: PlacementRequest) {
        guard let decision = try? engine.place(request) else { return }
        try! engine.allocate(decision.allocation)
        note(decision.allocation)
    }

    mutating func release(_ instance: InstanceID) {
        guard let allocation = engine.release(instance) else { return }
        allocations[instance] = nil
        journal.append(.released(allocation))
    }

    /// Something observed that no decision put there, on a node that may be full.
    private mutating func force() {
        guard let node = anyNode() else { return }
        let request = cluster.request()
        let allocation = Allocation(
            instance: request.instance, node: node.id, resources: request.resources, groups: request.groups,
            apart: request.constraints.antiAffinity.filter(\.hard), expiresAt: request.expiresAt)
        try! engine.allocate(allocation, force: true)
        note(allocation)
    }

    private mutating func note(_ allocation: Allocation) {
        allocations[allocation.instance] = allocation
        journal.append(.allocated(allocation))
    }

    private mutating func remove(_ node: PlacementNode) {
        for allocation in engine.removeNode(node.id) {
            allocations[allocation.instance] = nil
            journal.append(.released(allocation))
        }
        nodes[node.id] = nil
        journal.append(.node(before: node, after: nil))
    }

    private mutating func anyNode() -> PlacementNode? {
        nodes.isEmpty ? nil : nodes[cluster.random.pick(nodes.keys.sorted())]
    }

    private mutating func anyInstance() -> InstanceID? { allocations.isEmpty ? nil : cluster.random.pick(allocations.keys.sorted()) }

    /// The same state reached at once and in another order.
    mutating func rebuilt() -> PlacementEngine {
        var fresh = PlacementEngine(policy: engine.policy)
        for id in nodes.keys.sorted().shuffled(using: &cluster.random) { fresh.setNode(nodes[id]!) }
        for id in allocations.keys.sorted().shuffled(using: &cluster.random) { try! fresh.allocate(allocations[id]!, force: true) }
        return fresh
    }

    func sum(on node: NodeID) -> Resources {
        allocations.values.filter { $0.node == node }.reduce(.zero) { $0 + $1.resources }
    }
}
