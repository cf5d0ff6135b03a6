/// A look for the best node. Most requests find it by a short walk along the index, best cells first. Where that leads to nothing soon, the nodes that may be
/// used are found as a set, taken apart by the wishes they leave unfulfilled, and the best of the first set that has one is it.
extension PlacementState {
    func search<Score: IndexedScore>(_ request: CompiledRequest, _ score: Score) -> Candidate? {
        guard var level = nextLevel(request, above: -1) else { return nil }
        if let few = fewNodes(request) { return best(of: few, request, score) }
        while true {
            switch walk(request, score, .checking(level: level), budget: Self.shortWalk) {
            case .found(let best): return best
            case .gaveUp: return searchSets(request, score)
            case .nothing:
                // With wishes a node on a good shelf may be worse than one on a bad shelf.
                guard !request.hasWishes else { return searchSets(request, score) }
                guard let next = nextLevel(request, above: level) else { return nil }
                level = next
            }
        }
    }

    /// How many nodes a walk may refuse one by one before sets are the quicker way.
    private static let shortWalk = 32
    /// So many are rather looked at each than looked for along the index.
    private static let fewAtOnce = 512

    private func searchSets<Score: IndexedScore>(_ request: CompiledRequest, _ score: Score) -> Candidate? {
        var left = eligible(request)
        guard !left.isEmpty else { return nil }
        guard request.hasWishes || request.costs.contains(where: { $0 > 0 }) else { return best(of: left, request, score, wishes: 0) }
        let levels = wishLevels(request, among: left)
        while let (cost, nodes) = levels.takeLeast(from: &left) {
            if let best = best(of: nodes, request, score, wishes: cost) { return best }
        }
        return nil
    }

    /// The best of nodes of which each leaves so many wishes unfulfilled.
    private func best<Score: IndexedScore>(of nodes: SlotMask, _ request: CompiledRequest, _ score: Score, wishes: Int) -> Candidate? {
        let count = nodes.count
        if count > Self.fewAtOnce {
            switch walk(request, score, .within(nodes, wishes: wishes), budget: max(Self.fewAtOnce, count / 32)) {
            case .found(let best): return best
            case .nothing: return nil
            case .gaveUp: break
            }
        }
        var best: Candidate?
        nodes.forEach { consider($0, request, score, wishes: wishes, &best) }
        return best
    }

    /// The least cost of a usable shelf above the given one.
    private func nextLevel(_ request: CompiledRequest, above level: Int) -> Int? {
        var next: Int32?
        for cost in request.costs where Int(cost) > level && cost < next ?? .max { next = cost }
        return next.map(Int.init)
    }

    /// Nodes of which one must be chosen, where that is known to be one of few.
    private func fewNodes(_ request: CompiledRequest) -> [Int32]? {
        for label in request.required {
            guard let label else { return [] }
            let nodes = table.labels.nodes(with: label)
            guard nodes.words.isEmpty else { continue }
            var slots: [Int32] = []
            nodes.forEach { slots.append($0) }
            return slots
        }
        for rule in request.rules where rule.isHard {
            guard case .together(let isFirst) = rule.kind, case .node = rule.domain else { continue }
            guard let group = rule.group else {
                if isFirst { continue }
                return []
            }
            let members = groups.nodes(of: group)
            if members.count < Self.fewAtOnce / 2 { return members.map(\.member) }
        }
        return nil
    }

    private func best<Score: IndexedScore>(of slots: [Int32], _ request: CompiledRequest, _ score: Score) -> Candidate? {
        var best: Candidate?
        for slot in slots { consider(slot, request, score, &best) }
        return best
    }

    private enum WalkEnd {
        case found(Candidate)
        case nothing
        /// More nodes were refused one by one than the budget allows.
        case gaveUp
    }

    /// The best node of those that are meant, of which no node leaves fewer wishes unfulfilled.
    private func walk<Score: IndexedScore>(_ request: CompiledRequest, _ score: Score, _ meant: IndexWalk.Meant, budget: Int) -> WalkEnd {
        var walk = IndexWalk(meant, budget: budget)
        walk.run(self, request, score, holdersOnly: false)
        guard !walk.gaveUp else { return .gaveUp }
        guard var best = walk.best else { return .nothing }
        guard !holdsImage(request, best.slot) else { return .found(best) }
        best.score += Wish.fetchCost
        guard case .held = request.image else { return .found(best) }
        walk.best = best
        walk.run(self, request, score, holdersOnly: true)
        return walk.gaveUp ? .gaveUp : .found(walk.best ?? best)
    }
}
