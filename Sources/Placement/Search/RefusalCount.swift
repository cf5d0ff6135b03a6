import ClusterModel

extension PlacementState {
    /// Counts every node by the first reason to refuse it, in the order in which an explanation gives them. Most are counted as sets; only the nodes that
    /// are merely too full are looked at one by one.
    func noPlacement(_ compiled: CompiledRequest, _ request: PlacementRequest) -> NoPlacement {
        var counts: [String: Int] = [:]
        func add(_ reason: String, _ count: Int) { if count > 0 { counts[reason, default: 0] += count } }
        for admission in Admission.allCases where admission != .open { add(admission.rawValue, table.count(admission)) }
        let check = KindCheck(request)
        for shelf in compiled.kindCosts.indices where compiled.kindCosts[shelf] == ShelfTable.refused {
            guard let kind = shelves[Int32(shelf)]?.kind, let refusal = check.refusals(of: kind).first else { continue }
            add(refusal.reason, shelves.nodes(on: Int32(shelf)).count)
        }
        var left = nodes(onShelvesOf: compiled.kindCosts)
        /// Counts what the change takes out.
        func narrow(_ reason: String, _ change: (inout SlotMask) -> Void) {
            let before = left.count
            change(&left)
            add(reason, before - left.count)
        }
        narrow(Reason.missingLabel) { keepRequired(&$0, compiled) }
        for rule in compiled.rules where rule.isHard {
            // A node without the domain is refused for that, by whichever rule comes first.
            if !rule.isShunned, let known = nodesWithDomain(rule) { narrow(Reason.missingDomain) { $0.formIntersection(known) } }
            narrow(Reason.of(rule)) { keepUnbroken(&$0, rule) }
        }
        var shortages = ShortageCount(need: request.resources.bounded)
        left.forEach { slot in
            shortages.count(room: table.room[Int(slot)], overhead: table.overhead[Int(slot)]) { table.freeDevices(compiled.devices, on: slot) }
        }
        for (reason, count) in shortages.firstReasons { add(reason, count) }
        return NoPlacement(nodes: table.count, countsByReason: counts, nearestMiss: shortages.nearestMiss)
    }
}

private enum Reason {
    static let missingLabel = "missing-label"
    static let missingDomain = "missing-domain"

    static func of(_ rule: CompiledRule) -> String {
        switch rule.kind {
        case .together: "affinity"
        case .apart: "anti-affinity"
        case .shunned: "shunned"
        case .spread: "spread"
        }
    }
}
