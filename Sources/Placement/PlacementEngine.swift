import ClusterModel

/// Decides where instances go, and says why not elsewhere. A value: a copy can be changed without the original noticing.
package struct PlacementEngine: Sendable {
    /// For requests that name none.
    package var policy: PlacementPolicy
    private var byID: [NodeID: PlacementNode] = [:]
    private var byInstance: [InstanceID: Allocation] = [:]
    private var instances: [NodeID: Set<InstanceID>] = [:]

    package init(policy: PlacementPolicy) { self.policy = policy }

    // MARK: Nodes

    /// In name order, and by id where names are alike.
    package var nodes: [PlacementNode] { byID.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) } }

    package func node(_ id: NodeID) -> PlacementNode? { byID[id] }

    /// Inserts or updates. A node keeps its allocations, even where they exceed its new capacity.
    package mutating func setNode(_ node: PlacementNode) {
        var node = node
        node.allocatable = node.allocatable.bounded
        node.overhead = MiB(min(max(0, node.overhead.count), Resources.maximumAmount))
        byID[node.id] = node
    }

    /// Removes a node with all its allocations, which are returned in the order of their instances.
    @discardableResult
    package mutating func removeNode(_ id: NodeID) -> [Allocation] {
        let held = allocations(on: id)
        for allocation in held { byInstance[allocation.instance] = nil }
        instances[id] = nil
        byID[id] = nil
        return held
    }

    // MARK: Allocations

    /// With `force` it is taken over capacity too: what was observed must be counted.
    package mutating func allocate(_ allocation: Allocation, force: Bool = false) throws(AllocationRefused) {
        var allocation = allocation
        allocation.resources = allocation.resources.bounded
        guard let node = byID[allocation.node], let free = free(on: allocation.node) else { throw .unknownNode(allocation.node) }
        if let held = byInstance[allocation.instance] { throw .alreadyAllocated(held.instance, node: held.node) }
        if !force, let shortage = free.shortages(of: allocation.resources).first { throw .overCapacity(node: node.name, shortage) }
        byInstance[allocation.instance] = allocation
        instances[allocation.node, default: []].insert(allocation.instance)
    }

    /// Nil where nothing was allocated to it.
    @discardableResult
    package mutating func release(_ instance: InstanceID) -> Allocation? {
        guard let allocation = byInstance.removeValue(forKey: instance) else { return nil }
        instances[allocation.node]?.remove(instance)
        return allocation
    }

    package func allocation(of instance: InstanceID) -> Allocation? { byInstance[instance] }

    /// In the order of their instances.
    package func allocations(on node: NodeID) -> [Allocation] { (instances[node] ?? []).sorted().compactMap { byInstance[$0] } }

    package func usage(of node: NodeID) -> Resources? {
        guard byID[node] != nil else { return nil }
        return (instances[node] ?? []).reduce(.zero) { sum, instance in sum + (byInstance[instance]?.resources ?? .zero) }
    }

    /// Below zero where more is allocated than the node has.
    package func free(on node: NodeID) -> Resources? {
        guard let allocatable = byID[node]?.allocatable, let usage = usage(of: node) else { return nil }
        return allocatable - usage
    }

    // MARK: Decisions

    /// The best node for a request; changes nothing.
    package func place(_ request: PlacementRequest) throws(NoPlacement) -> PlacementDecision {
        let explanation = explain(request)
        guard let chosen = explanation.nodes.first(where: { $0.node == explanation.chosen }), let node = byID[chosen.node] else {
            throw NoPlacement(verdicts: explanation.nodes)
        }
        let allocation = Allocation(
            instance: request.instance, node: node.id, resources: request.resources.bounded.with(overhead: node.overhead), groups: request.groups)
        return PlacementDecision(
            node: node.id, nodeName: node.name, allocation: allocation, score: chosen.score ?? 0, policy: explanation.policy)
    }

    /// A verdict for every node in name order, with the choice that `place` would make.
    package func explain(_ request: PlacementRequest) -> Explanation {
        let policy = request.policy ?? self.policy
        let nodes = self.nodes
        let check = RequestCheck(request, nodes: nodes, members: byInstance.values.map { $0 })
        let measure = ClusterMeasure(
            nodes: nodes.count, allocatable: nodes.reduce(.zero) { $0 + $1.allocatable },
            allocated: byInstance.values.reduce(.zero) { $0 + $1.resources })
        let verdicts = nodes.map { node in
            check.verdict(node, free: free(on: node.id) ?? .zero, policy: policy, measure: measure)
        }
        let chosen = verdicts.filter { $0.refusals.isEmpty }.min { ($0.score ?? 0, $0.name, $0.node) < ($1.score ?? 0, $1.name, $1.node) }
        return Explanation(policy: policy, chosen: chosen?.node, nodes: verdicts)
    }
}
