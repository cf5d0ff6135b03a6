import ClusterModel

/// The part of a request that looks at what nodes have in common with many others.
struct KindCheck: Sendable {
    let constraints: Constraints
    let traits: [String]

    init(_ request: PlacementRequest) {
        constraints = request.constraints
        var traits: [String] = []
        for trait in request.traits + request.constraints.traits where !traits.contains(trait) { traits.append(trait) }
        self.traits = traits
    }

    /// False where every kind gives the answer that it gives to a request without constraints.
    static func concerns(_ request: PlacementRequest) -> Bool {
        !request.traits.isEmpty || !request.constraints.traits.isEmpty || !request.constraints.tolerate.isEmpty
            || request.constraints.architecture != nil || request.constraints.pool != nil
    }

    func refusals(of kind: NodeKind) -> [Refusal] {
        var found: [Refusal] = []
        if let architecture = constraints.architecture, architecture != kind.architecture {
            found.append(.wrongArchitecture(need: architecture, has: kind.architecture))
        }
        if let pool = constraints.pool, pool != kind.pool { found.append(.wrongPool(need: pool, has: kind.pool)) }
        for taint in kind.taints where taint.effect == .noPlace && !isTolerated(taint) {
            if taint.label.key == PlacementNode.dedicatedTaint, constraints.pool == nil, let pool = kind.pool {
                found.append(.wrongPool(need: nil, has: pool))
            } else {
                found.append(.tainted(taint))
            }
        }
        for trait in traits where !kind.traits.contains(trait) { found.append(.missingTrait(trait)) }
        return found
    }

    /// Whether there are no refusals.
    func accepts(_ kind: NodeKind) -> Bool {
        if let architecture = constraints.architecture, architecture != kind.architecture { return false }
        if let pool = constraints.pool, pool != kind.pool { return false }
        if kind.taints.contains(where: { $0.effect == .noPlace && !isTolerated($0) }) { return false }
        return traits.allSatisfy(kind.traits.contains)
    }

    /// Taints that only ask to be avoided, and are not tolerated.
    func avoided(_ kind: NodeKind) -> [Taint] { kind.taints.filter { $0.effect == .preferNoPlace && !isTolerated($0) } }

    private func isTolerated(_ taint: Taint) -> Bool {
        constraints.tolerate.contains { $0.covers(taint) }
            || (taint.label.key == PlacementNode.dedicatedTaint && taint.label.value == constraints.pool?.text)
    }
}
