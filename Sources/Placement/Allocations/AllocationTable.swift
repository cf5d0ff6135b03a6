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
        var apart: [Constraints.GroupRule]

        /// Each once: the groups that it belongs to, and those that it must be apart from.
        func forEachGroup(_ body: (GroupKey) -> Void) {
            for (place, group) in groups.enumerated() where !groups[..<place].contains(group) { body(.members(group)) }
            for (place, rule) in apart.enumerated() where !apart[..<place].contains(rule) { body(.shunning(rule.group, domain: rule.domain)) }
        }
    }

    private var places = IdentifierTable()
    private var rows: [Row] = []
    private var vacant: [Int32] = []
    /// By slot: the first row of its chain.
    private var first: [Int32] = []

    var count: Int { places.count }

    private func place(of instance: InstanceID) -> Int32? {
        places.place(of: IDWords(instance)) { IDWords(rows[Int($0)].instance) }
    }

    func row(of instance: InstanceID) -> Row? { place(of: instance).map { rows[Int($0)] } }

    func slot(of instance: InstanceID) -> Int32? { place(of: instance).map { rows[Int($0)].slot } }

    func holds(_ slot: Int32) -> Bool { Int(slot) < first.count && first[Int(slot)] >= 0 }

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

    /// The instance must have none yet.
    mutating func insert(_ allocation: Allocation, slot: Int32) -> Row {
        while first.count <= Int(slot) { first.append(-1) }
        let next = first[Int(slot)]
        let row = Row(
            instance: allocation.instance, slot: slot, next: next, previous: -1, amounts: Amounts(allocation.resources),
            devices: allocation.resources.devices, groups: allocation.groups, apart: allocation.apart)
        let place: Int32
        if let reused = vacant.popLast() {
            place = reused
            rows[Int(place)] = row
        } else {
            place = Int32(rows.count)
            rows.append(row)
        }
        places.insert(IDWords(allocation.instance), place)
        if next >= 0 { rows[Int(next)].previous = place }
        first[Int(slot)] = place
        return row
    }

    mutating func remove(_ instance: InstanceID) -> Row? {
        guard let place = place(of: instance) else { return nil }
        places.remove(IDWords(instance), place)
        let row = rows[Int(place)]
        if row.previous >= 0 { rows[Int(row.previous)].next = row.next } else { first[Int(row.slot)] = row.next }
        if row.next >= 0 { rows[Int(row.next)].previous = row.previous }
        if !row.devices.isEmpty { rows[Int(place)].devices = [] }
        if !row.groups.isEmpty { rows[Int(place)].groups = [] }
        if !row.apart.isEmpty { rows[Int(place)].apart = [] }
        vacant.append(place)
        return row
    }
}
