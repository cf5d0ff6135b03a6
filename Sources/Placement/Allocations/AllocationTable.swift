import ClusterModel

/// The allocations, found by instance and, as a chain, by node.
struct AllocationTable: Sendable {
    struct Row: Sendable {
        var instance: InstanceID
        var slot: Int32
        var next: Int32
        var previous: Int32
        var amounts: Amounts
        var devices: [Resources.DeviceCount]
        var groups: [Name]
    }

    private var places = IdentifierTable<Instance>()
    private var rows: [Row] = []
    private var vacant: [Int32] = []
    /// By slot: the first row of its chain.
    private var first: [Int32] = []

    var count: Int { places.count }

    func row(of instance: InstanceID) -> Row? { places[instance].map { rows[Int($0)] } }

    /// In no order that means anything.
    func rows(on slot: Int32) -> [Row] {
        var found: [Row] = []
        var place = Int(slot) < first.count ? first[Int(slot)] : -1
        while place >= 0 {
            found.append(rows[Int(place)])
            place = rows[Int(place)].next
        }
        return found
    }

    /// False, and nothing done, where the instance has one already.
    mutating func insert(_ allocation: Allocation, slot: Int32) -> Bool {
        let place = vacant.last ?? Int32(rows.count)
        guard places.insert(allocation.instance, place) else { return false }
        while first.count <= Int(slot) { first.append(-1) }
        let row = Row(
            instance: allocation.instance, slot: slot, next: first[Int(slot)], previous: -1, amounts: Amounts(allocation.resources),
            devices: allocation.resources.devices, groups: allocation.groups)
        if vacant.popLast() == nil { rows.append(row) } else { rows[Int(place)] = row }
        if row.next >= 0 { rows[Int(row.next)].previous = place }
        first[Int(slot)] = place
        return true
    }

    mutating func remove(_ instance: InstanceID) -> Row? {
        guard let place = places.remove(instance) else { return nil }
        let row = rows[Int(place)]
        if row.previous >= 0 { rows[Int(row.previous)].next = row.next } else { first[Int(row.slot)] = row.next }
        if row.next >= 0 { rows[Int(row.next)].previous = row.previous }
        rows[Int(place)].devices = []
        rows[Int(place)].groups = []
        vacant.append(place)
        return row
    }
}
