import ClusterModel

/// What instances are counted by: the group that they belong to, or one that they must be apart from.
enum GroupKey: Hashable, Sendable {
    case members(Name)
    case shunning(Name, domain: String?)

    var name: Name {
        switch self {
        case .members(let name), .shunning(let name, _): name
        }
    }
}

/// Where the instances of each placement group are, and those that must be apart from one. Each such count is a list with a number, which stays while the
/// list has entries. Counts by node are kept, and by the labels of the usual failure domains.
struct GroupTable: ~Copyable, Sendable {
    /// A list of instances that must be apart from a group over one domain.
    struct Shunning: Sendable {
        let domain: String?
        let list: Int32
    }

    private var names = Interner<Name>()
    /// By name: the list of its members, and those of the instances that shun it, in the order of their domains.
    private var memberLists: [Int32] = []
    private var shunning: [[Shunning]] = []
    /// By list.
    private var nodes: [CountList] = []
    private var domains: [CountList] = []
    private var nameOf: [Int32] = []
    private var vacant: [Int32] = []
    /// From list and slot to the place in the list, and from list and label.
    private var nodePlaces = CountTable()
    private var domainPlaces = CountTable()

    func copy() -> GroupTable {
        var copy = GroupTable()
        copy.names = names
        copy.memberLists = memberLists
        copy.shunning = shunning
        copy.nodes = nodes
        copy.domains = domains
        copy.nameOf = nameOf
        copy.vacant = vacant
        copy.nodePlaces = nodePlaces.copy()
        copy.domainPlaces = domainPlaces.copy()
        return copy
    }

    /// The list of that; nil where nothing is counted.
    func list(of key: GroupKey) -> Int32? {
        guard let name = names.number(of: key.name) else { return nil }
        switch key {
        case .members:
            let list = memberLists[Int(name)]
            return list < 0 || nodes[Int(list)].entries.isEmpty ? nil : list
        case .shunning(_, let domain): return shunning[Int(name)].first { $0.domain == domain }?.list
        }
    }

    func listsShunning(_ group: Name) -> [Shunning] { names.number(of: group).map { shunning[Int($0)] } ?? [] }

    /// In no order that means anything.
    func nodes(of list: Int32) -> [CountList.Entry] { nodes[Int(list)].entries }
    /// By labels of the counted domains.
    func domains(of list: Int32) -> [CountList.Entry] { domains[Int(list)].entries }

    func count(of list: Int32, on slot: Int32) -> Int { nodes[Int(list)].count(of: slot, list, nodePlaces) }
    func count(of list: Int32, label: Int32) -> Int { domains[Int(list)].count(of: label, list, domainPlaces) }

    /// The list in which it is counted now.
    mutating func add(_ key: GroupKey, on slot: Int32, domains labels: DomainLabels) -> Int32 {
        let name = names.acquire(key.name)
        while memberLists.count < names.bound {
            memberLists.append(-1)
            shunning.append([])
        }
        let list = openList(key, name: name)
        nodes[Int(list)].add(slot, list, &nodePlaces)
        enter(list, labels)
        return list
    }

    mutating func remove(from list: Int32, on slot: Int32, domains labels: DomainLabels) {
        nodes[Int(list)].remove(slot, list, &nodePlaces)
        leave(list, labels)
        let name = nameOf[Int(list)]
        if nodes[Int(list)].entries.isEmpty { drop(list, name: name) }
        names.release(name)
    }

    mutating func enter(_ list: Int32, _ labels: DomainLabels) { labels.forEach { domains[Int(list)].add($0, list, &domainPlaces) } }
    mutating func leave(_ list: Int32, _ labels: DomainLabels) { labels.forEach { domains[Int(list)].remove($0, list, &domainPlaces) } }

    private mutating func openList(_ key: GroupKey, name: Int32) -> Int32 {
        switch key {
        case .members:
            if memberLists[Int(name)] < 0 { memberLists[Int(name)] = newList(name) }
            return memberLists[Int(name)]
        case .shunning(_, let domain):
            if let known = shunning[Int(name)].first(where: { $0.domain == domain }) { return known.list }
            let list = newList(name)
            shunning[Int(name)].append(Shunning(domain: domain, list: list))
            shunning[Int(name)].sort { ($0.domain ?? "") < ($1.domain ?? "") }
            return list
        }
    }

    private mutating func newList(_ name: Int32) -> Int32 {
        if let list = vacant.popLast() {
            nameOf[Int(list)] = name
            return list
        }
        nodes.append(CountList())
        domains.append(CountList())
        nameOf.append(name)
        return Int32(nodes.count - 1)
    }

    private mutating func drop(_ list: Int32, name: Int32) {
        if memberLists[Int(name)] == list { memberLists[Int(name)] = -1 } else { shunning[Int(name)].removeAll { $0.list == list } }
        vacant.append(list)
    }
}

/// A node's labels of the failure domains that groups are counted by as they change; other domains are counted when a rule asks for them.
struct DomainLabels: Hashable, BitwiseCopyable, Sendable {
    static let keys = ["zone", "rack"]
    var zone: Int32 = -1
    var rack: Int32 = -1

    subscript(column: Int) -> Int32 { column == 0 ? zone : rack }

    @inline(__always)
    func forEach(_ body: (Int32) -> Void) {
        if zone >= 0 { body(zone) }
        if rack >= 0 { body(rack) }
    }
}
