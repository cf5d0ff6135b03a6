import ClusterModel

/// All that an engine holds. Copied only on purpose, since an unwanted copy costs as much as a decision.
struct PlacementState: ~Copyable, Sendable {
    private(set) var table = NodeTable()
    private(set) var shelves = ShelfTable()
    private(set) var index = RoomIndex()
    private(set) var groups = GroupTable()
    private var allocations = AllocationTable()
    /// Over all allocations.
    private var allocated = Amounts.zero
    /// What the nodes have that hold an instance.
    private var inUse = Amounts.zero
    /// By slot: the number of its kind, and of the shelf that it stands on while it is open.
    private var kindOf: [Int32] = []
    private(set) var shelfOf = Column<Int32>()

    func copy() -> PlacementState {
        var copy = PlacementState()
        copy.table = table.copy()
        copy.shelves = shelves
        copy.index = index.copy()
        copy.groups = groups.copy()
        copy.allocations = allocations.copy()
        copy.allocated = allocated
        copy.inUse = inUse
        copy.kindOf = kindOf
        copy.shelfOf = shelfOf.copy()
        return copy
    }

    // MARK: Nodes

    var nodes: [PlacementNode] {
        let slots = table.nodes.indices.filter { table.nodes[$0] != nil }.map(Int32.init)
        return slots.sorted { table.order.precedes($0, $1) }.compactMap { table[$0] }
    }

    func node(_ id: NodeID) -> PlacementNode? { table.slot(of: id).flatMap { table[$0] } }

    mutating func setNode(_ node: PlacementNode) {
        var node = node
        node.allocatable = node.allocatable.bounded
        node.overhead = MiB(min(max(0, node.overhead.count), Resources.maximumAmount))
        if let slot = table.slot(of: node.id) { update(slot, node) } else { insert(node) }
    }

    mutating func removeNode(_ id: NodeID) -> [Allocation] {
        guard let slot = table.slot(of: id) else { return [] }
        let held = allocations(on: id)
        for allocation in held { _ = release(allocation.instance) }
        takeOffShelf(slot)
        shelves.release(kind: kindOf[Int(slot)])
        table.remove(slot)
        return held
    }

    private mutating func insert(_ node: PlacementNode) {
        let slot = table.insert(node)
        let kind = shelves.acquire(NodeKind(node))
        if Int(slot) == kindOf.count {
            kindOf.append(kind)
            shelfOf.append(RoomIndex.none)
        } else {
            kindOf[Int(slot)] = kind
        }
        putOnShelf(slot)
    }

    private mutating func update(_ slot: Int32, _ node: PlacementNode) {
        takeOffShelf(slot)
        let kind = shelves.acquire(NodeKind(node))
        shelves.release(kind: kindOf[Int(slot)])
        kindOf[Int(slot)] = kind
        let held = table[slot]?.labels == node.labels ? [] : allocations.rows(on: slot)
        for row in held { row.lists.forEach { groups.leave($0, table.domains[Int(slot)]) } }
        if allocations.holds(slot) { inUse = inUse - allocatable(of: slot) }
        table.update(slot, node)
        if allocations.holds(slot) { inUse = inUse + allocatable(of: slot) }
        for row in held { row.lists.forEach { groups.enter($0, table.domains[Int(slot)]) } }
        putOnShelf(slot)
    }

    private mutating func putOnShelf(_ slot: Int32) {
        guard table[slot]?.admission == .open else { return }
        let shelf = shelves.put(slot, kind: kindOf[Int(slot)], freeDevices: table.freeDevices(on: slot), standing: standing(of: slot))
        shelfOf[Int(slot)] = shelf
        index.insert(slot, shelf: shelf, room: table.room[Int(slot)], order: table.order)
    }

    private mutating func takeOffShelf(_ slot: Int32) {
        guard shelfOf[Int(slot)] >= 0 else { return }
        index.remove(slot, order: table.order)
        shelves.take(slot, off: shelfOf[Int(slot)])
        shelfOf[Int(slot)] = RoomIndex.none
    }

    private func standing(of slot: Int32) -> NodeStanding {
        NodeStanding(isEmpty: !allocations.holds(slot), lastExpiry: allocations.lastExpiry(on: slot))
    }

    private func allocatable(of slot: Int32) -> Amounts { table[slot].map { Amounts($0.allocatable) } ?? .zero }

    // MARK: Allocations

    mutating func allocate(_ allocation: Allocation, force: Bool) throws(AllocationRefused) {
        guard let slot = table.slot(of: allocation.node) else { throw .unknownNode(allocation.node) }
        var allocation = allocation
        allocation.resources = allocation.resources.bounded
        if let held = allocations.slot(of: allocation.instance) {
            throw .alreadyAllocated(allocation.instance, node: table.order.ids[Int(held)])
        }
        if !force, let shortage = shortage(of: allocation.resources, on: slot) {
            throw .overCapacity(node: table.order.names[Int(slot)], shortage)
        }
        let wasEmpty = !allocations.holds(slot)
        var row = AllocationTable.Row(
            instance: allocation.instance, slot: slot, amounts: Amounts(allocation.resources), devices: allocation.resources.devices,
            groups: allocation.groups, apart: allocation.apart, expiresAt: allocation.expiresAt)
        joinGroups(&row)
        allocations.insert(row)
        allocated = allocated + row.amounts
        if wasEmpty { inUse = inUse + allocatable(of: slot) }
        index.remove(slot, order: table.order)
        let crossed = table.take(row.amounts, row.devices, on: slot)
        reshelve(slot, shelfChanged: crossed || wasEmpty || isBeyondShelf(slot, ExpiryPeriod(row.expiresAt)))
    }

    mutating func release(_ instance: InstanceID) -> Allocation? {
        guard let row = allocations.remove(instance) else { return nil }
        allocated = allocated - row.amounts
        let isEmpty = !allocations.holds(row.slot)
        if isEmpty { inUse = inUse - allocatable(of: row.slot) }
        row.lists.forEach { groups.remove(from: $0, on: row.slot, domains: table.domains[Int(row.slot)]) }
        index.remove(row.slot, order: table.order)
        let crossed = table.giveBack(row.amounts, row.devices, on: row.slot)
        reshelve(row.slot, shelfChanged: crossed || isEmpty || isShelfBeyondRest(row))
        return allocation(row)
    }

    func allocation(of instance: InstanceID) -> Allocation? { allocations.row(of: instance).map { allocation($0) } }

    func allocations(on node: NodeID) -> [Allocation] {
        guard let slot = table.slot(of: node) else { return [] }
        return allocations.rows(on: slot).sorted { $0.instance < $1.instance }.map { allocation($0) }
    }

    func usage(of node: NodeID) -> Resources? { table.slot(of: node).map { table.used(on: $0) } }

    func free(on node: NodeID) -> Resources? { table.slot(of: node).map { table.free(on: $0) } }

    func standing(of node: NodeID) -> NodeStanding { table.slot(of: node).map { standing(of: $0) } ?? NodeStanding(isEmpty: true) }

    private func allocation(_ row: AllocationTable.Row) -> Allocation {
        Allocation(
            instance: row.instance, node: table.order.ids[Int(row.slot)], resources: row.amounts.resources(devices: row.devices), groups: row.groups,
            apart: row.apart, expiresAt: row.expiresAt)
    }

    private func shortage(of need: Resources, on slot: Int32) -> Refusal? {
        var room = table.room[Int(slot)]
        room.memory &+= table.overhead[Int(slot)]
        return need.devices.isEmpty && room.holds(Amounts(need)) ? nil : table.free(on: slot).shortages(of: need).first
    }

    /// Each once: the groups that it belongs to, and those that it must be apart from.
    private mutating func joinGroups(_ row: inout AllocationTable.Row) {
        let domains = table.domains[Int(row.slot)]
        for (place, group) in row.groups.enumerated() where !row.groups[..<place].contains(group) {
            row.lists.append(groups.add(.members(group), on: row.slot, domains: domains))
        }
        for (place, rule) in row.apart.enumerated() where !row.apart[..<place].contains(rule) {
            row.lists.append(groups.add(.shunning(rule.group, domain: rule.domain), on: row.slot, domains: domains))
        }
    }

    /// The node is held longer than its shelf says.
    private func isBeyondShelf(_ slot: Int32, _ expiry: ExpiryPeriod) -> Bool {
        let shelf = shelfOf[Int(slot)]
        return shelf >= 0 && expiry > shelves.standings[Int(shelf)].lastExpiry
    }

    /// The one that left was the last to end.
    private func isShelfBeyondRest(_ left: AllocationTable.Row) -> Bool {
        let shelf = shelfOf[Int(left.slot)]
        guard shelf >= 0, ExpiryPeriod(left.expiresAt) == shelves.standings[Int(shelf)].lastExpiry else { return false }
        return allocations.lastExpiry(on: left.slot) < ExpiryPeriod(left.expiresAt)
    }

    private mutating func reshelve(_ slot: Int32, shelfChanged: Bool) {
        guard shelfOf[Int(slot)] >= 0 else { return }
        if shelfChanged {
            shelves.take(slot, off: shelfOf[Int(slot)])
            shelfOf[Int(slot)] = RoomIndex.none
            putOnShelf(slot)
        } else {
            index.insert(slot, shelf: shelfOf[Int(slot)], room: table.room[Int(slot)], order: table.order)
        }
    }

    func sample(at now: Timestamp) -> CapacitySample {
        CapacitySample(
            at: now, nodes: table.count, instances: allocations.count, allocatable: table.allocatable.resources(devices: []),
            allocated: allocated.resources(devices: []))
    }

    // MARK: Decisions

    var measure: ClusterMeasure { ClusterMeasure(nodes: table.count, allocatable: table.allocatable, allocated: allocated, inUse: inUse) }

    func place(_ request: PlacementRequest, policy: PlacementPolicy) throws(NoPlacement) -> PlacementDecision {
        let compiled = compile(request)
        guard let decision = decide(request, compiled, policy: policy) else { throw noPlacement(compiled, request) }
        return decision
    }

    func decide(_ request: PlacementRequest, policy: PlacementPolicy) -> PlacementDecision? { decide(request, compile(request), policy: policy) }

    private func decide(_ request: PlacementRequest, _ compiled: CompiledRequest, policy: PlacementPolicy) -> PlacementDecision? {
        let scored = ScoredRequest(
            instance: request.instance, need: compiled.need, measure: measure, expiry: ExpiryPeriod(request.expiresAt))
        let best: Candidate? =
            switch policy {
            case .pack: search(compiled, PackScore(scored))
            case .spread: search(compiled, SpreadScore(scored))
            case .balanced: search(compiled, BalancedScore(scored))
            case .firstFit: scan(compiled, FirstFitScore(scored))
            case .bestFitL2: search(compiled, BestFitL2Score(scored))
            case .worstFit: scan(compiled, WorstFitScore(scored))
            case .random: scan(compiled, RandomScore(scored))
            }
        guard let best else { return nil }
        return PlacementDecision(
            node: table.order.ids[Int(best.slot)], nodeName: table.order.names[Int(best.slot)], allocation: allocation(for: request, on: best.slot),
            score: Wish.shown(best.wishes + compiled.hopeless, best.score), policy: policy)
    }

    func admits(_ request: PlacementRequest, on node: NodeID) -> Bool {
        guard let slot = table.slot(of: node) else { return false }
        var found: Candidate?
        consider(slot, compile(request), FirstFitScore(), &found)
        return found != nil
    }

    func allocation(for request: PlacementRequest, on node: NodeID) -> Allocation? { table.slot(of: node).map { allocation(for: request, on: $0) } }

    private func allocation(for request: PlacementRequest, on slot: Int32) -> Allocation {
        let rules = request.constraints.antiAffinity
        return Allocation(
            instance: request.instance, node: table.order.ids[Int(slot)],
            resources: request.resources.bounded.with(overhead: MiB(table.overhead[Int(slot)])), groups: request.groups,
            apart: rules.allSatisfy(\.hard) ? rules : rules.filter(\.hard), expiresAt: request.expiresAt)
    }
}
