/// A look for the best node through the index: first where few nodes can be meant at all, else along the shelves, best cells first, and by a look at
/// every node where that leads to nothing soon.
extension PlacementState {
    func search<Score: IndexedScore>(_ request: CompiledRequest, _ score: Score) -> Candidate? {
        if let few = fewNodes(request, soft: false) { return best(of: few, request, score) }
        guard var level = nextLevel(request, above: -1) else { return nil }
        guard request.hasWishes else {
            while true {
                switch walk(request, score, level: level) {
                case .found(let best): return best
                case .gaveUp: return scan(request, score)
                case .nothing:
                    guard let next = nextLevel(request, above: level) else { return nil }
                    level = next
                }
            }
        }
        if let few = fewNodes(request, soft: true) {
            // A node outside leaves a wish unfulfilled beside those of its shelf.
            if let best = best(of: few, request, score), best.wishes == level { return best }
            level += 1
        }
        for level in level...level + 1 {
            switch walk(request, score, level: level) {
            case .found(let best): return best
            case .gaveUp: return scan(request, score)
            case .nothing: continue
            }
        }
        return scan(request, score)
    }

    /// The least cost of a usable shelf above the given one.
    private func nextLevel(_ request: CompiledRequest, above level: Int) -> Int? {
        var next: Int32?
        for cost in request.costs where Int(cost) > level && cost < next ?? .max { next = cost }
        return next.map(Int.init)
    }

    /// Nodes of which one must be chosen (or, soft, one that fulfils every wish), where they are few; nil where they are many.
    private func fewNodes(_ request: CompiledRequest, soft: Bool) -> [Int32]? {
        let limit = max(64, Int(Double(8 * table.count).squareRoot()))
        var fewest: [Int32]?
        func take(_ count: Int, _ list: () -> [Int32]) {
            if count <= limit, count < fewest?.count ?? .max { fewest = list() }
        }
        func take(label: Int32?) {
            guard let label else { return take(0) { [] } }
            take(table.labels.count(of: label)) {
                var slots: [Int32] = []
                table.labels.nodes(with: label).forEach { slots.append($0) }
                return slots
            }
        }
        for label in request.required { take(label: label) }
        if soft { for label in request.preferred { take(label: label) } }
        for rule in request.rules where rule.isHard || soft {
            guard case .together = rule.kind, let group = rule.group, case .node = rule.domain else { continue }
            take(groups.memberNodes(of: group)) { groups.members(of: group).map(\.slot) }
        }
        return fewest
    }

    private func best<Score: PlacementScore>(of slots: [Int32], _ request: CompiledRequest, _ score: Score) -> Candidate? {
        var best: Candidate?
        for slot in slots { consider(slot, request, score, &best) }
        return best
    }

    private enum WalkEnd {
        case found(Candidate)
        case nothing
        /// More nodes were refused one by one than a look at all of them would cost.
        case gaveUp
    }

    /// The best node with at most `level` unfulfilled wishes, of which no node has fewer.
    private func walk<Score: IndexedScore>(_ request: CompiledRequest, _ score: Score, level: Int) -> WalkEnd {
        var walk = IndexWalk(level: level, budget: max(256, table.count / 4))
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
