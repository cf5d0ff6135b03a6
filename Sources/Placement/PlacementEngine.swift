import ClusterModel

/// Decides where instances go, and says why not elsewhere. A value: a copy can be changed without the original noticing. Copying costs nothing until one of
/// the copies is changed.
package struct PlacementEngine: Sendable {
    /// For requests that name none.
    package var policy: PlacementPolicy
    private(set) var shared = SharedState(PlacementState())

    /// Immutable while it is shared.
    final class SharedState: @unchecked Sendable {
        // Only the engine that holds it alone changes it, so there is nothing to watch over.
        @exclusivity(unchecked) fileprivate(set) var state: PlacementState
        init(_ state: consuming PlacementState) { self.state = state }
    }

    package init(policy: PlacementPolicy) { self.policy = policy }

    private mutating func makeUnique() {
        if !isKnownUniquelyReferenced(&shared) { shared = SharedState(shared.state.copy()) }
    }

    // MARK: Nodes

    /// In name order, and by id where names are alike. Sorted anew at each call.
    package var nodes: [PlacementNode] { shared.state.nodes }

    package func node(_ id: NodeID) -> PlacementNode? { shared.state.node(id) }

    /// Inserts or updates. A node keeps its allocations, even where they exceed its new capacity. Amounts are brought into `0 ... maximumAmount`.
    package mutating func setNode(_ node: PlacementNode) {
        makeUnique()
        shared.state.setNode(node)
    }

    /// Removes a node with all its allocations, which are returned in the order of their instances.
    @discardableResult
    package mutating func removeNode(_ id: NodeID) -> [Allocation] {
        makeUnique()
        return shared.state.removeNode(id)
    }

    // MARK: Allocations

    /// With `force` it is taken over capacity too: what was observed must be counted. Amounts are brought into `0 ... maximumAmount`.
    package mutating func allocate(_ allocation: Allocation, force: Bool = false) throws(AllocationRefused) {
        makeUnique()
        try shared.state.allocate(allocation, force: force)
    }

    /// Nil where nothing was allocated to it.
    @discardableResult
    package mutating func release(_ instance: InstanceID) -> Allocation? {
        makeUnique()
        return shared.state.release(instance)
    }

    package func allocation(of instance: InstanceID) -> Allocation? { shared.state.allocation(of: instance) }

    /// In the order of their instances.
    package func allocations(on node: NodeID) -> [Allocation] { shared.state.allocations(on: node) }

    package func usage(of node: NodeID) -> Resources? { shared.state.usage(of: node) }

    /// Below zero where more is allocated than the node has.
    package func free(on node: NodeID) -> Resources? { shared.state.free(on: node) }

    // MARK: Decisions

    /// The best node for a request; changes nothing.
    package func place(_ request: PlacementRequest) throws(NoPlacement) -> PlacementDecision {
        try shared.state.place(request, policy: request.policy ?? policy)
    }

    /// The same without the reasons where there is no node, for those who only want to know whether there is one.
    package func decide(_ request: PlacementRequest) -> PlacementDecision? { shared.state.decide(request, policy: request.policy ?? policy) }

    /// Whether that node can take the request.
    package func admits(_ request: PlacementRequest, on node: NodeID) -> Bool { shared.state.admits(request, on: node) }

    /// What the request would hold on that node; nil where it is not known.
    package func allocation(for request: PlacementRequest, on node: NodeID) -> Allocation? { shared.state.allocation(for: request, on: node) }

    /// A verdict for every node in name order, with the choice that `place` makes. It looks at every node in full: milliseconds where `place` takes one.
    package func explain(_ request: PlacementRequest) -> Explanation { shared.state.explain(request, policy: request.policy ?? policy) }
}
