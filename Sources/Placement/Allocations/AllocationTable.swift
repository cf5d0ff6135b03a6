import ClusterModel

/// The allocations, found by instance and, as a chain, by node.
struct AllocationTable: ~Copyable, Sendable {
    struct Row: Sendable {
        var instance: InstanceID
        var slot: Int32
        var next: Int32 = -1
        var previous: Int32 = -1
        var amounts: Amounts
        var devices: [Resources.DeviceCount]
        var groups: [Name]
        var apart: [Constraints.GroupRule]
        var expiresAt: Timestamp?

        var lists = GroupLists()
    }

    private var places = IdentifierTable()
    private var rows: [Row] = []
    private var vacant: [Int32] = []
    /// By slot: the first row of its chain.
    private var first = Column<Int32>()
    /// By slot: how many of its rows have no end.
    private var endless = Column<Int32>()

    func copy() -> AllocationTable {
        var copy = AllocationTable()
        copy.places = places.copy()
        copy.rows = rows
        copy.vacant = vacant
        copy.first = first.copy()
        copy.endless = endless.copy()
        return copy
    }

    var count: Int { places.count }

    private func place(of instance: InstanceID) -> Int32? {
        places.place(of: IDWords(instance)) { IDWords(rows[Int($0)].instance) }
    }

    func row(of instance: InstanceID) -> Row? { place(of: instance).map { rows[Int($0)] } }

    func slot(of instance: InstanceID) -> Int32? { place(of: instance).map { rows[Int($0)].slot } }

    func holds(_ slot: Int32) -> Bool { Int(slot) < first.count && first[Int(slot)] >= 0 }

    /// When the last of its instances ends; `never` where there is none.
    func lastExpiry(on slot: Int32) -> ExpiryPeriod {
        guard holds(slot), endless[Int(slot)] == 0 else { return .never }
        var place = first[Int(slot)]
        var last = ExpiryPeriod(rows[Int(place)].expiresAt)
        while place >= 0 {
            last = max(last, ExpiryPeriod(rows[Int(place)].expiresAt))
            place = rows[Int(place)].next
        }
        return last
    }

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
    mutating func insert(_ row: Row) {
        while first.count <= Int(row.slot) {
            first.append(-1)
            endless.append(0)
        }
        if row.expiresAt == nil { endless[Int(row.slot)] += 1 }
        var row = row
        row.next = first[Int(row.slot)]
        row.previous = -1
        let place: Int32
        if let reused = vacant.popLast() {
            place = reused
            rows[Int(place)] = row
        } else {
            place = Int32(rows.count)
            rows.append(row)
        }
        places.insert(IDWords(row.instance), place)
        if row.next >= 0 { rows[Int(row.next)].previous = place }
        first[Int(row.slot)] = place
    }

    mutating func remove(_ instance: InstanceID) -> Row? {
        guard let place = place(of: instance) else { return nil }
        places.remove(IDWords(instance), place)
        let row = rows[Int(place)]
        if row.expiresAt == nil { endless[Int(row.slot)] -= 1 }
        if row.previous >= 0 { rows[Int(row.previous)].next = row.next } else { first[Int(row.slot)] = row.next }
        if row.next >= 0 { rows[Int(row.next)].previous = row.previous }
        rows[Int(place)].lists = GroupLists()
        if !row.devices.isEmpty { rows[Int(place)].devices = [] }
        if !row.groups.isEmpty { rows[Int(place)].groups = [] }
        if !row.apart.isEmpty { rows[Int(place)].apart = [] }
        vacant.append(place)
        return row
    }
}
