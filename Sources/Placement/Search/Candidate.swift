/// A node that fits, by slot, with all that decides between nodes but the order of names.
struct Candidate {
    var slot: Int32
    var wishes: Int
    var score: Double
    var disk: Int64
}

extension PlacementState {
    /// What the request's own look at a node adds to its shelf's cost; nil where it is refused.
    func wishes(_ request: CompiledRequest, on slot: Int32) -> Int? {
        guard hasRequired(request, slot), holdsDevices(request, on: slot) else { return nil }
        var wishes = 0
        for label in request.preferred where !table.labels.slot(slot, has: label) { wishes += 1 }
        for rule in request.rules {
            let cost = breach(of: rule, on: slot).cost
            if cost > 0, rule.isHard { return nil }
            wishes += cost
        }
        return wishes
    }

    func holdsDevices(_ request: CompiledRequest, on slot: Int32) -> Bool {
        for device in request.devices {
            guard let number = device.device, table.freeDevice(number, on: slot) >= device.count else { return false }
        }
        return true
    }

    func holdsImage(_ request: CompiledRequest, _ slot: Int32) -> Bool {
        switch request.image {
        case .none: true
        case .heldByNone: false
        case .held(let image): table.images.slot(slot, has: image)
        }
    }

    func isBetter(_ candidate: Candidate, than other: Candidate?, _ tie: DiskTie) -> Bool {
        guard let other else { return true }
        if candidate.wishes != other.wishes { return candidate.wishes < other.wishes }
        if candidate.score != other.score { return candidate.score < other.score }
        if candidate.disk != other.disk, tie != .ignored { return (candidate.disk < other.disk) == (tie == .lessFree) }
        return table.order.precedes(candidate.slot, other.slot)
    }

    /// Takes the node as the best so far if it is.
    func consider<Score: PlacementScore>(_ slot: Int32, _ request: CompiledRequest, _ score: Score, _ best: inout Candidate?) {
        let shelf = shelfOf[Int(slot)]
        guard shelf >= 0 else { return }
        let base = Int(request.costs[Int(shelf)])
        guard base >= 0, table.room[Int(slot)].holds(request.need) else { return }
        var wishes = base
        if !request.isPlain {
            guard let own = self.wishes(request, on: slot) else { return }
            wishes += own
        }
        if let best, wishes > best.wishes { return }
        weigh(slot, request, score, wishes: wishes, &best)
    }

    /// The same of a node that is known to be eligible and to leave so many wishes unfulfilled.
    func consider<Score: PlacementScore>(_ slot: Int32, _ request: CompiledRequest, _ score: Score, wishes: Int, _ best: inout Candidate?) {
        guard table.room[Int(slot)].holds(request.need), holdsDevices(request, on: slot) else { return }
        weigh(slot, request, score, wishes: wishes, &best)
    }

    private func weigh<Score: PlacementScore>(_ slot: Int32, _ request: CompiledRequest, _ score: Score, wishes: Int, _ best: inout Candidate?) {
        var value = score.score(table.room[Int(slot)], on: table.order.ids[Int(slot)], standing: shelves.standings[Int(shelfOf[Int(slot)])])
        if !holdsImage(request, slot) { value += Wish.fetchCost }
        let candidate = Candidate(slot: slot, wishes: wishes, score: value, disk: table.room[Int(slot)].disk)
        if isBetter(candidate, than: best, Score.diskTie) { best = candidate }
    }

    /// The best of all nodes, by a look at each.
    func scan<Score: PlacementScore>(_ request: CompiledRequest, _ score: Score) -> Candidate? {
        var best: Candidate?
        for slot in 0..<shelfOf.count { consider(Int32(slot), request, score, &best) }
        return best
    }
}
