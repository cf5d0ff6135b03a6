import ClusterModel
import Placement

/// The engine with every move of the plan so far made in it, to ask what instances have to say about each other.
struct RebalanceRules: Sendable {
    private var engine: PlacementEngine
    private let requests: [PlacementRequest]
    private let nodes: [NodeID]
    /// Instances with rules, and members of the groups that rules name.
    private let isBound: [Bool]

    /// Nil where no instance has such a rule.
    init?(_ snapshot: ClusterSnapshot, placed requests: [PlacementRequest]) {
        let named = Set(
            requests.flatMap { $0.constraints.antiAffinity.map(\.group) + $0.constraints.affinity.map(\.group) + $0.constraints.spread.map(\.group) })
        guard !named.isEmpty else { return nil }
        engine = snapshot.engine()
        self.requests = requests
        nodes = snapshot.nodes.map(\.placement.id)
        isBound = requests.map { request in
            !request.constraints.antiAffinity.isEmpty || !request.constraints.affinity.isEmpty || !request.constraints.spread.isEmpty
                || !named.isDisjoint(with: request.groups)
        }
    }

    mutating func permit(_ instance: Int, on node: Int) -> Bool {
        guard isBound[instance], let held = engine.release(requests[instance].instance) else { return true }
        let permits = engine.admits(requests[instance], on: nodes[node])
        try? engine.allocate(held, force: true)
        return permits
    }

    mutating func move(_ instance: Int, to node: Int) {
        guard engine.release(requests[instance].instance) != nil, let there = engine.allocation(for: requests[instance], on: nodes[node]) else {
            return
        }
        try? engine.allocate(there, force: true)
    }
}
