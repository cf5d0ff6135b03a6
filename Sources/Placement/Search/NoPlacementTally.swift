import ClusterModel

extension PlacementState {
    /// Counts every node by the first reason to refuse it, in the order in which an explanation gives them.
    func noPlacement(_ compiled: CompiledRequest, _ request: PlacementRequest) -> NoPlacement {
        var tally = NoPlacementTally(shelves: compiled.kindCosts.count)
        for slot in shelfOf.indices {
            guard let node = table.nodes[slot] else { continue }
            let shelf = Int(shelfOf[slot])
            if shelf < 0 {
                tally.count(closed: node.admission)
            } else if compiled.kindCosts[shelf] == ShelfTable.refused {
                tally.byShelf[shelf] += 1
            } else if !hasRequired(compiled, Int32(slot)) {
                tally.labels += 1
            } else if let reason = firstBreach(compiled, Int32(slot)) {
                tally.byBreach[reason, default: 0] += 1
            } else {
                tally.count(room: table.room[slot], overhead: node.overhead.count, need: compiled.need) {
                    table.free(on: Int32(slot)).shortages(of: request.resources.bounded.with(overhead: node.overhead))
                }
            }
        }
        let check = KindCheck(request)
        return tally.summary(nodes: table.count) { shelf in shelves[Int32(shelf)].flatMap { check.refusals(of: $0.kind).first } }
    }

    private func firstBreach(_ compiled: CompiledRequest, _ slot: Int32) -> NoPlacementTally.Breach? {
        for rule in compiled.rules where rule.isHard {
            switch (breach(of: rule, on: slot), rule.kind) {
            case (.none, _): continue
            case (.missingDomain, _): return .missingDomain
            case (.broken, .together): return .affinity
            case (.broken, .apart): return .antiAffinity
            case (.broken, .spread): return .spread
            }
        }
        return nil
    }
}

private struct NoPlacementTally {
    enum Breach: String { case missingDomain = "missing-domain", affinity, antiAffinity = "anti-affinity", spread }

    var byShelf: [Int]
    var byBreach: [Breach: Int] = [:]
    var labels = 0
    private var closed: [Admission: Int] = [:]
    private var short: [String: Int] = [:]
    private var nearest = NearestMiss()

    init(shelves: Int) { byShelf = Array(repeating: 0, count: shelves) }

    mutating func count(closed admission: Admission) { closed[admission, default: 0] += 1 }

    mutating func count(room: Amounts, overhead: Int64, need: Amounts, shortages: () -> [Refusal]) {
        let shortages = shortages()
        if let first = shortages.first { short[first.reason, default: 0] += 1 }
        nearest.add(shortages)
    }

    func summary(nodes: Int, refusal: (Int) -> Refusal?) -> NoPlacement {
        var counts = short
        func add(_ reason: String, _ count: Int) { if count > 0 { counts[reason, default: 0] += count } }
        for (admission, count) in closed { add(admission.rawValue, count) }
        for (breach, count) in byBreach { add(breach.rawValue, count) }
        for (shelf, count) in byShelf.enumerated() where count > 0 { if let refusal = refusal(shelf) { add(refusal.reason, count) } }
        add("missing-label", labels)
        return NoPlacement(nodes: nodes, countsByReason: counts, nearestMiss: nearest)
    }
}
