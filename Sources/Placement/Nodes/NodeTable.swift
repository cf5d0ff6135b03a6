import ClusterModel

/// The nodes by slot. A slot is a node's place in every array for as long as the node is known; no result depends on which slot it is.
struct NodeTable: ~Copyable, Sendable {
    struct DeviceRoom: Hashable, Sendable {
        var device: Int32
        var total: Int64
        var free: Int64
    }

    private var slots = IdentifierTable()
    private var vacant: [Int32] = []
    private(set) var nodes: [PlacementNode?] = []
    /// What is free for instances after the overhead of one more: free - (0, overhead, 0). Below zero where too much is allocated.
    private(set) var room = Column<Amounts>()
    private(set) var overhead = Column<Int64>()
    private(set) var devices: [[DeviceRoom]] = []
    private(set) var domains = Column<DomainLabels>()
    private(set) var order = SlotOrder()
    private(set) var labels = LabelTable()
    private(set) var images = ImageTable()
    private(set) var deviceNames = Interner<Name>()
    /// How many nodes are in each state.
    private var admissions: [Admission: Int] = [:]
    /// Slots with devices, or that should have more than they do.
    private(set) var deviceNodes = SlotSet()
    /// Sums over all nodes, closed ones too.
    private(set) var allocatable = Amounts.zero

    func copy() -> NodeTable {
        var copy = NodeTable()
        copy.slots = slots.copy()
        copy.vacant = vacant
        copy.nodes = nodes
        copy.room = room.copy()
        copy.overhead = overhead.copy()
        copy.devices = devices
        copy.domains = domains.copy()
        copy.order = order.copy()
        copy.labels = labels
        copy.images = images
        copy.deviceNames = deviceNames
        copy.admissions = admissions
        copy.deviceNodes = deviceNodes
        copy.allocatable = allocatable
        return copy
    }

    var count: Int { slots.count }
    /// Slots are below this.
    var bound: Int { nodes.count }

    func count(_ admission: Admission) -> Int { admissions[admission] ?? 0 }
    func slot(of id: NodeID) -> Int32? { slots.place(of: IDWords(id)) { IDWords(order.ids[Int($0)]) } }
    subscript(slot: Int32) -> PlacementNode? { nodes[Int(slot)] }

    func free(on slot: Int32) -> Resources {
        var free = room[Int(slot)]
        free.memory &+= overhead[Int(slot)]
        return free.resources(devices: deviceCounts(on: slot) { $0.free })
    }

    func used(on slot: Int32) -> Resources {
        guard let node = nodes[Int(slot)] else { return .zero }
        var used = Amounts(node.allocatable) - room[Int(slot)]
        used.memory &-= node.overhead.count
        return used.resources(devices: deviceCounts(on: slot) { $0.total &- $0.free })
    }

    private func deviceCounts(on slot: Int32, _ amount: (DeviceRoom) -> Int64) -> [Resources.DeviceCount] {
        devices[Int(slot)].compactMap { device in
            deviceNames[device.device].map { Resources.DeviceCount(name: $0, count: amount(device)) }
        }
    }

    func freeDevice(_ device: Int32, on slot: Int32) -> Int64 {
        let found = devices[Int(slot)]
        for place in found.indices where found[place].device == device { return found[place].free }
        return 0
    }

    func freeDevices(_ needs: [CompiledRequest.DeviceNeed], on slot: Int32) -> [Int64] {
        let hasSome = !needs.isEmpty && deviceNodes.contains(slot)
        return needs.map { need in hasSome ? need.device.map { freeDevice($0, on: slot) } ?? 0 : 0 }
    }

    /// Numbers of the devices of which the node has some left, sorted.
    func freeDevices(on slot: Int32) -> [Int32] {
        devices[Int(slot)].isEmpty ? [] : devices[Int(slot)].filter { $0.free > 0 }.map(\.device).sorted()
    }

    // MARK: Changes

    mutating func insert(_ node: PlacementNode) -> Int32 {
        let slot = vacant.popLast() ?? Int32(nodes.count)
        var room = Amounts(node.allocatable)
        room.memory &-= node.overhead.count
        if Int(slot) == nodes.count {
            nodes.append(node)
            self.room.append(room)
            overhead.append(node.overhead.count)
            devices.append([])
            domains.append(DomainLabels())
        } else {
            nodes[Int(slot)] = node
            self.room[Int(slot)] = room
            overhead[Int(slot)] = node.overhead.count
        }
        order.set(slot, name: node.name, id: node.id)
        slots.insert(IDWords(node.id), slot)
        admissions[node.admission, default: 0] += 1
        images.change(slot, from: [], to: node.images)
        setLabels(slot, node.labels)
        addDevices(node.allocatable.devices, to: slot, sign: 1)
        allocatable = allocatable + Amounts(node.allocatable)
        return slot
    }

    /// Keeps what is used.
    mutating func update(_ slot: Int32, _ node: PlacementNode) {
        guard let old = nodes[Int(slot)] else { return }
        addDevices(old.allocatable.devices, to: slot, sign: -1)
        addDevices(node.allocatable.devices, to: slot, sign: 1)
        let gained = Amounts(node.allocatable) - Amounts(old.allocatable)
        room[Int(slot)] = room[Int(slot)] + gained
        room[Int(slot)].memory &-= node.overhead.count &- old.overhead.count
        overhead[Int(slot)] = node.overhead.count
        allocatable = allocatable + gained
        nodes[Int(slot)] = node
        admissions[old.admission, default: 0] -= 1
        admissions[node.admission, default: 0] += 1
        if old.name != node.name { order.set(slot, name: node.name, id: node.id) }
        images.change(slot, from: old.images, to: node.images)
        if old.labels != node.labels { setLabels(slot, node.labels) }
    }

    mutating func remove(_ slot: Int32) {
        guard let old = nodes[Int(slot)] else { return }
        addDevices(old.allocatable.devices, to: slot, sign: -1)
        admissions[old.admission, default: 0] -= 1
        images.change(slot, from: old.images, to: [])
        setLabels(slot, Labels())
        allocatable = allocatable - Amounts(old.allocatable)
        nodes[Int(slot)] = nil
        slots.remove(IDWords(old.id), slot)
        vacant.append(slot)
    }

    /// True when a kind of device ran out here or came back.
    mutating func take(_ amounts: Amounts, _ counts: [Resources.DeviceCount], on slot: Int32) -> Bool {
        room[Int(slot)] = room[Int(slot)] - amounts
        return counts.isEmpty ? false : changeDevices(counts, on: slot, sign: -1)
    }

    mutating func giveBack(_ amounts: Amounts, _ counts: [Resources.DeviceCount], on slot: Int32) -> Bool {
        room[Int(slot)] = room[Int(slot)] + amounts
        return counts.isEmpty ? false : changeDevices(counts, on: slot, sign: 1)
    }

    private mutating func changeDevices(_ counts: [Resources.DeviceCount], on slot: Int32, sign: Int64) -> Bool {
        var crossed = false
        for count in counts {
            let place = place(of: count.name, on: slot)
            let before = devices[Int(slot)][place].free
            let after = before &+ sign &* count.count
            devices[Int(slot)][place].free = after
            if (before > 0) != (after > 0) { crossed = true }
            dropIfEmpty(place, on: slot)
        }
        return crossed
    }

    private mutating func addDevices(_ counts: [Resources.DeviceCount], to slot: Int32, sign: Int64) {
        for count in counts {
            let place = place(of: count.name, on: slot)
            devices[Int(slot)][place].total &+= sign &* count.count
            devices[Int(slot)][place].free &+= sign &* count.count
            dropIfEmpty(place, on: slot)
        }
    }

    private mutating func place(of device: Name, on slot: Int32) -> Int {
        if let number = deviceNames.number(of: device), let place = devices[Int(slot)].firstIndex(where: { $0.device == number }) { return place }
        devices[Int(slot)].append(DeviceRoom(device: deviceNames.acquire(device), total: 0, free: 0))
        deviceNodes.insert(slot)
        return devices[Int(slot)].count - 1
    }

    private mutating func dropIfEmpty(_ place: Int, on slot: Int32) {
        let device = devices[Int(slot)][place]
        guard device.total == 0, device.free == 0 else { return }
        devices[Int(slot)].remove(at: place)
        if devices[Int(slot)].isEmpty { deviceNodes.remove(slot) }
        deviceNames.release(device.device)
    }

    private mutating func setLabels(_ slot: Int32, _ new: Labels) {
        labels.set(slot, new)
        domains[Int(slot)] = DomainLabels(
            zone: label(of: slot, key: DomainLabels.keys[0]), rack: label(of: slot, key: DomainLabels.keys[1]))
    }

    private func label(of slot: Int32, key: String) -> Int32 {
        labels.key(key).flatMap { labels.label(of: slot, key: $0) } ?? -1
    }
}
