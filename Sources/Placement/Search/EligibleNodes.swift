/// Sets of nodes that a request may use, found by holding sets against each other instead of a look at each node.
extension PlacementState {
    /// The nodes that nothing but their room, the number of their devices and wishes speak against.
    func eligible(_ request: CompiledRequest) -> SlotMask {
        var mask = nodes(onShelvesOf: request.costs)
        keepRequired(&mask, request)
        for rule in request.rules where rule.isHard {
            if let known = nodesWithDomain(rule), !rule.isShunned { mask.formIntersection(known) }
            keepUnbroken(&mask, rule)
        }
        return mask
    }

    func nodes(onShelvesOf costs: [Int32]) -> SlotMask {
        var mask = SlotMask(slots: table.bound)
        for shelf in costs.indices where costs[shelf] != ShelfTable.refused { mask.formUnion(shelves.nodes(on: Int32(shelf))) }
        return mask
    }

    func keepRequired(_ mask: inout SlotMask, _ request: CompiledRequest) {
        for label in request.required { mask.formIntersection(label.map { table.labels.nodes(with: $0) } ?? SlotSet()) }
    }

    /// Takes out the nodes of domains where the rule is broken; those without a domain stay.
    func keepUnbroken(_ mask: inout SlotMask, _ rule: CompiledRule) {
        if case .together = rule.kind {
            guard rule.breach(count: 0).cost > 0 else { return }
            var broken = mask
            remove(domainsOf: rule, from: &broken) { $0 > 0 }
            if let known = nodesWithDomain(rule) { broken.formIntersection(known) }
            mask.subtract(broken)
        } else {
            remove(domainsOf: rule, from: &mask) { rule.breach(count: $0).cost > 0 }
        }
    }

    private func remove(domainsOf rule: CompiledRule, from mask: inout SlotMask, where isMeant: (Int) -> Bool) {
        forEachDomain(of: rule) { count, nodes in
            guard isMeant(count) else { return }
            switch nodes {
            case .slot(let slot): mask.remove(slot)
            case .set(let set): mask.subtract(set)
            }
        }
    }

    /// What each of the nodes leaves unfulfilled of the request's wishes.
    func wishLevels(_ request: CompiledRequest, among nodes: SlotMask) -> WishLevels {
        var levels = WishLevels(slots: table.bound)
        for shelf in request.costs.indices where request.costs[shelf] > 0 {
            levels.add(Int(request.costs[shelf]), to: shelves.nodes(on: Int32(shelf)))
        }
        for label in request.preferred {
            var without = nodes
            without.subtract(table.labels.nodes(with: label))
            levels.add(1, to: without)
        }
        for rule in request.rules where !rule.isHard { add(rule, to: &levels, among: nodes) }
        return levels
    }

    private func add(_ rule: CompiledRule, to levels: inout WishLevels, among nodes: SlotMask) {
        if let known = nodesWithDomain(rule) {
            var without = nodes
            without.subtract(known)
            levels.add(rule.breachWithoutDomain.cost, to: without)
        }
        if case .together = rule.kind {
            var kept = nodes
            keepUnbroken(&kept, rule)
            var unmet = nodes
            unmet.subtract(kept)
            levels.add(1, to: unmet)
        } else {
            forEachDomain(of: rule) { count, nodes in
                let cost = rule.breach(count: count).cost
                switch nodes {
                case .slot(let slot): levels.add(cost, to: slot)
                case .set(let set): levels.add(cost, to: set)
                }
            }
        }
    }
}
