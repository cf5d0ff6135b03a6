import ClusterModel

/// Where the instances of each placement group are. Counts by node are kept, and by the labels of the usual failure domains.
struct GroupTable: Sendable {
    struct Member: Sendable {
        var slot: Int32
        var count: Int32
    }

    private var groups = Interner<Name>()
    /// By group, in no order that means anything.
    private var members: [[Member]] = []
    /// From group and slot to the place in `members`.
    private var places = CountTable()
    /// From group and label to instances, for labels of the counted domains only.
    private var domains = CountTable()

    func number(of group: Name) -> Int32? { groups.number(of: group) }
    func members(of group: Int32) -> [Member] { members[Int(group)] }
    func memberNodes(of group: Int32) -> Int { members[Int(group)].count }

    func count(of group: Int32, on slot: Int32) -> Int {
        guard let place = places[CountTable.key(group, slot)] else { return 0 }
        return Int(members[Int(group)][Int(place)].count)
    }

    func count(of group: Int32, label: Int32) -> Int { Int(domains[CountTable.key(group, label)] ?? 0) }

    mutating func add(_ group: Name, on slot: Int32, domains labels: DomainLabels) {
        let number = groups.acquire(group)
        while members.count < groups.bound { members.append([]) }
        let key = CountTable.key(number, slot)
        if let place = places[key] {
            members[Int(number)][Int(place)].count += 1
        } else {
            places[key] = Int32(members[Int(number)].count)
            members[Int(number)].append(Member(slot: slot, count: 1))
        }
        labels.forEach { domains.add(1, to: CountTable.key(number, $0)) }
    }

    mutating func remove(_ group: Name, on slot: Int32, domains labels: DomainLabels) {
        guard let number = groups.number(of: group) else { return }
        let key = CountTable.key(number, slot)
        guard let place = places[key] else { return }
        members[Int(number)][Int(place)].count -= 1
        if members[Int(number)][Int(place)].count == 0 {
            places[key] = nil
            let last = members[Int(number)].removeLast()
            if last.slot != slot {
                members[Int(number)][Int(place)] = last
                places[CountTable.key(number, last.slot)] = place
            }
        }
        labels.forEach { domains.add(-1, to: CountTable.key(number, $0)) }
        groups.release(number)
    }
}

/// A node's labels of the failure domains that groups are counted by as they change; other domains are counted when a rule asks for them.
struct DomainLabels: Hashable, Sendable {
    static let keys = ["zone", "rack"]
    var zone: Int32 = -1
    var rack: Int32 = -1

    subscript(column: Int) -> Int32 { column == 0 ? zone : rack }

    func forEach(_ body: (Int32) -> Void) {
        if zone >= 0 { body(zone) }
        if rack >= 0 { body(rack) }
    }
}
