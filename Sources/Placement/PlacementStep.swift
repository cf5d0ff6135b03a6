import ClusterModel

/// One change of what placement depends on. A journal of these, applied backwards to a copy, gives the state of an earlier decision.
/// A node that leaves with allocations is journalled as their releases and then the node's own step.
package enum PlacementStep: Hashable, Sendable, Codable {
    case allocated(Allocation)
    case released(Allocation)
    case node(before: PlacementNode?, after: PlacementNode?)

    package var inverted: Self {
        switch self {
        case .allocated(let allocation): .released(allocation)
        case .released(let allocation): .allocated(allocation)
        case .node(let before, let after): .node(before: after, after: before)
        }
    }
}

extension PlacementEngine {
    /// Total: a step that does not fit the state (an unknown node, an instance that is allocated already or not at all) changes nothing.
    package mutating func apply(_ step: PlacementStep) {
        switch step {
        case .allocated(let allocation): try? allocate(allocation, force: true)
        case .released(let allocation): release(allocation.instance)
        case .node(_, let after?): setNode(after)
        case .node(let before?, nil): removeNode(before.id)
        case .node(nil, nil): break
        }
    }
}
