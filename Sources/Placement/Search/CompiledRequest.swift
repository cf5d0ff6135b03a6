import ClusterModel

/// A request with every name looked up once, ready to be held against slots.
struct CompiledRequest {
    struct DeviceNeed {
        /// Nil where no node knows such a device.
        var device: Int32?
        var count: Int64
    }

    enum ImageWish {
        case none
        case heldByNone
        case held(Int32)
    }

    var need: Amounts
    var devices: [DeviceNeed]
    /// By shelf: the wishes it leaves unfulfilled, or `ShelfTable.refused`.
    var costs: [Int32]
    /// The same without regard to devices.
    var kindCosts: [Int32]
    /// Labels, and nil for one that no node has.
    var required: [Int32?]
    var preferred: [Int32]
    /// Wishes that no node can fulfil.
    var hopeless: Int
    var rules: [CompiledRule]
    var image: ImageWish

    /// Whether a node that its shelf and room allow needs no second look.
    var isPlain: Bool { required.isEmpty && preferred.isEmpty && rules.isEmpty && devices.isEmpty }
    var hasWishes: Bool { !preferred.isEmpty || rules.contains { !$0.isHard } }
}

extension PlacementState {
    func compile(_ request: PlacementRequest) -> CompiledRequest {
        let constraints = request.constraints
        let (costs, kindCosts) = shelfCosts(request)
        var compiled = CompiledRequest(
            need: Amounts(request.resources.bounded),
            devices: request.resources.devices.compactMap { device in
                device.count > 0
                    ? .init(device: table.deviceNames.number(of: device.name), count: min(device.count, Resources.maximumAmount)) : nil
            },
            costs: costs, kindCosts: kindCosts, required: constraints.require.map { table.labels.number(of: $0) }, preferred: [], hopeless: 0,
            rules: [], image: .none)
        for label in constraints.prefer {
            if let number = table.labels.number(of: label) { compiled.preferred.append(number) } else { compiled.hopeless += 1 }
        }
        if let image = request.image { compiled.image = table.images.number(of: image).map { .held($0) } ?? .heldByNone }
        addRules(&compiled, request)
        return compiled
    }

    /// In the order in which a check gives their refusals.
    private func addRules(_ compiled: inout CompiledRequest, _ request: PlacementRequest) {
        for rule in request.constraints.affinity {
            let isFirst = request.groups.contains(rule.group)
            compiled.rules.append(
                compile(groups.list(of: .members(rule.group)), domain: rule.domain, kind: .together(isFirst: isFirst), isHard: rule.hard))
        }
        for rule in request.constraints.antiAffinity {
            compiled.rules.append(compile(groups.list(of: .members(rule.group)), domain: rule.domain, kind: .apart, isHard: rule.hard))
        }
        for (place, group) in request.groups.enumerated() where !request.groups[..<place].contains(group) {
            for shunning in groups.listsShunning(group) {
                compiled.rules.append(compile(shunning.list, domain: shunning.domain, kind: .shunned, isHard: true))
            }
        }
        for rule in request.constraints.spread {
            let skew = max(1, rule.maximumSkew)
            var spread = compile(groups.list(of: .members(rule.group)), domain: rule.domain, kind: .spread(maximum: skew), isHard: rule.hard)
            spread.kind = .spread(maximum: leastCount(spread, compiled) + skew)
            compiled.rules.append(spread)
        }
    }

    private func shelfCosts(_ request: PlacementRequest) -> (costs: [Int32], kindCosts: [Int32]) {
        let asksForKind = KindCheck.concerns(request)
        if !asksForKind, request.resources.devices.isEmpty { return (shelves.plainCosts, shelves.plainCosts) }
        var kindCosts = shelves.kindCosts
        if asksForKind {
            let check = KindCheck(request)
            for shelf in kindCosts.indices {
                guard let kind = shelves[Int32(shelf)]?.kind, check.accepts(kind) else {
                    kindCosts[shelf] = ShelfTable.refused
                    continue
                }
                kindCosts[shelf] = kind.taints.isEmpty ? 0 : Int32(clamping: check.avoided(kind).count)
            }
        }
        var costs = kindCosts
        let needed = request.resources.devices.filter { $0.count > 0 }.map { table.deviceNames.number(of: $0.name) }
        for shelf in costs.indices where costs[shelf] != ShelfTable.refused {
            guard let free = shelves[Int32(shelf)]?.freeDevices, needed.allSatisfy({ $0.map(free.contains) ?? false }) else {
                costs[shelf] = ShelfTable.refused
                continue
            }
            if free.contains(where: { !needed.contains($0) }) { costs[shelf] += 1 }
        }
        return (costs, kindCosts)
    }

    /// The fewest instances of the rule's group in any domain of which at least one node could be used but for room and other instances.
    private func leastCount(_ rule: CompiledRule, _ request: CompiledRequest) -> Int {
        guard let key = rule.domain.key, rule.group != nil else { return 0 }
        var usable = nodes(onShelvesOf: request.kindCosts)
        keepRequired(&usable, request)
        var least: Int?
        for label in table.labels.labels(of: key) {
            let count = count(rule, label: label)
            if let least, least <= count { continue }
            if usable.meets(table.labels.nodes(with: label)) { least = count }
            if least == 0 { return 0 }
        }
        return least ?? 0
    }

    func hasRequired(_ request: CompiledRequest, _ slot: Int32) -> Bool {
        for label in request.required {
            guard let label, table.labels.slot(slot, has: label) else { return false }
        }
        return true
    }
}
