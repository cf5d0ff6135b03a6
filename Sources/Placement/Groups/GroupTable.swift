import ClusterModel

/// What instances are counted by: the group that they belong to, or one that they must be apart from.
enum GroupKey: Hashable, Sendable {
    case members(Name)
    case shunning(Name, domain: String?)
}

/// Where the instances of each placement group are, and those that must be apart from one. Counts by node are kept, and by the labels of the usual failure domains.
struct GroupTable: Sendable {
    private var groups = Interner<GroupKey>()
    /// By group.
    private var nodes: [CountList] = []
    private var domains: [CountList] = []
    /// From group and slot to the place in the group's list, and from group and label.
    private var nodePlaces = CountTable()
    private var domainPlaces = CountTable()
    /// The domains over which a group is shunned, in their order.
    private var shunned: [Name: [String?]] = [:]

    func number(of group: GroupKey) -> Int32? { groups.number(of: group) }
    func domainsShunning(_ group: Name) -> [String?] { shunned.isEmpty ? [] : shunned[group] ?? [] }

    /// In no order that means anything.
    func nodes(of group: Int32) -> [CountList.Entry] { nodes[Int(group)].entries }
    /// By labels of the counted domains.
    func domains(of group: Int32) -> [CountList.Entry] { domains[Int(group)].entries }

    func count(of group: Int32, on slot: Int32) -> Int { nodes[Int(group)].count(of: slot, group, nodePlaces) }
    func count(of group: Int32, label: Int32) -> Int { domains[Int(group)].count(of: label, group, domainPlaces) }

    mutating func add(_ group: GroupKey, on slot: Int32, domains labels: DomainLabels) {
        let isNew = groups.number(of: group) == nil
        let number = groups.acquire(group)
        if isNew { note(group) }
        while nodes.count < groups.bound {
            nodes.append(CountList())
            domains.append(CountList())
        }
        nodes[Int(number)].add(slot, number, &nodePlaces)
        labels.forEach { domains[Int(number)].add($0, number, &domainPlaces) }
    }

    mutating func remove(_ group: GroupKey, on slot: Int32, domains labels: DomainLabels) {
        guard let number = groups.number(of: group) else { return }
        nodes[Int(number)].remove(slot, number, &nodePlaces)
        labels.forEach { domains[Int(number)].remove($0, number, &domainPlaces) }
        if groups.release(number) { forget(group) }
    }

    private mutating func note(_ group: GroupKey) {
        guard case .shunning(let name, let domain) = group else { return }
        shunned[name, default: []].append(domain)
        shunned[name]?.sort { ($0 ?? "") < ($1 ?? "") }
    }

    private mutating func forget(_ group: GroupKey) {
        guard case .shunning(let name, let domain) = group else { return }
        shunned[name]?.removeAll { $0 == domain }
        if shunned[name]?.isEmpty == true { shunned[name] = nil }
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
