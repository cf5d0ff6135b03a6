import ClusterModel

/// One request held against one node after another: plain and slow, but it tells the whole truth about each. What the index answers is held against it.
struct RequestCheck {
    let request: PlacementRequest
    private let need: Resources
    private let kinds: KindCheck
    private let groups: [GroupKey: GroupCensus]
    /// Groups of the request, with each domain over which others must be apart from them.
    private let shunned: [Constraints.GroupRule]
    /// By domain, the labels of which at least one node could be used but for room and other instances.
    private let openDomains: [String: Set<Label>]

    /// `counts` gives the nodes that hold instances of a group, and how many; `shunning` the domains over which instances are apart from one.
    init(_ request: PlacementRequest, nodes: [PlacementNode], shunning: (Name) -> [String?], counts: (GroupKey) -> [NodeID: Int]) {
        self.request = request
        var known: [Name] = []
        for group in request.groups where !known.contains(group) { known.append(group) }
        shunned = known.flatMap { group in shunning(group).map { Constraints.GroupRule(group: group, domain: $0) } }
        need = request.resources.bounded
        let kinds = KindCheck(request)
        self.kinds = kinds
        let constraints = request.constraints
        let named = constraints.antiAffinity.map(\.group) + constraints.affinity.map(\.group) + constraints.spread.map(\.group)
        let names = Set(named.map { GroupKey.members($0) } + shunned.map { .shunning($0.group, domain: $0.domain) })
        groups = Dictionary(uniqueKeysWithValues: names.map { ($0, GroupCensus(counts: counts($0), nodes: nodes)) })
        var open: [String: Set<Label>] = [:]
        for rule in constraints.spread where open[rule.domain] == nil {
            let usable = nodes.filter { Self.fixedRefusals(request, kinds, $0).isEmpty }
            open[rule.domain] = Set(usable.compactMap { node in node.labels.all.first { $0.key == rule.domain } })
        }
        openDomains = open
    }

    /// With the fulfilment of wishes apart from the policy's score, as nodes are compared by one and then by the other.
    struct Verdict {
        var refusals: [Refusal]
        var wishes: Int
        var score: Double
        var reservations: [String]
    }

    func verdict<Score: PlacementScore>(_ node: PlacementNode, free: Resources, standing: NodeStanding, score: Score) -> Verdict {
        let placed = need.with(overhead: node.overhead)
        let refusals = Self.fixedRefusals(request, kinds, node) + groupRefusals(node) + free.shortages(of: placed)
        var verdict = Verdict(refusals: refusals, wishes: 0, score: 0, reservations: [])
        weighWishes(node, free: free, &verdict)
        guard refusals.isEmpty else { return verdict }
        var room = Amounts(free)
        room.memory &-= node.overhead.count
        verdict.score = score.score(room, on: node.id, standing: standing)
        if let image = request.image, !node.images.contains(image) {
            verdict.score += Wish.fetchCost
            verdict.reservations.append("would have to fetch the image")
        }
        return verdict
    }

    /// What depends on no other instance.
    private static func fixedRefusals(_ request: PlacementRequest, _ kinds: KindCheck, _ node: PlacementNode) -> [Refusal] {
        var found: [Refusal] = []
        switch node.admission {
        case .open: break
        case .cordoned: found.append(.cordoned)
        case .draining: found.append(.draining)
        case .stale: found.append(.stale)
        case .noAddress: found.append(.noAddress)
        }
        found += kinds.refusals(of: NodeKind(node))
        for label in request.constraints.require where !node.labels.contains(label) { found.append(.missingLabel(label)) }
        return found
    }

    private func groupRefusals(_ node: PlacementNode) -> [Refusal] {
        let constraints = request.constraints
        return constraints.affinity.filter(\.hard).compactMap { unmet($0, node)?.refusal }
            + constraints.antiAffinity.filter(\.hard).compactMap { broken($0, node)?.refusal }
            + shunned.compactMap { shunning($0, node) }
            + constraints.spread.filter(\.hard).compactMap { skewed($0, node)?.refusal }
    }

    /// A group rule that a node does not keep, and by how much.
    private typealias Breach = (refusal: Refusal, cost: Int)

    private func unmet(_ rule: Constraints.GroupRule, _ node: PlacementNode) -> Breach? {
        guard let census = groups[.members(rule.group)] else { return nil }
        guard let count = census.count(around: node, in: rule.domain) else { return (.missingDomain(rule.domain ?? ""), 1) }
        // The first of its own group may go anywhere, or none ever could.
        if count > 0 || (census.isEmpty && request.groups.contains(rule.group)) { return nil }
        return (.notTogetherWith(group: rule.group, domain: rule.domain), 1)
    }

    private func broken(_ rule: Constraints.GroupRule, _ node: PlacementNode) -> Breach? {
        guard let census = groups[.members(rule.group)] else { return nil }
        guard let count = census.count(around: node, in: rule.domain) else { return (.missingDomain(rule.domain ?? ""), 1) }
        return count > 0 ? (.apartFrom(group: rule.group, domain: rule.domain), count) : nil
    }

    private func shunning(_ rule: Constraints.GroupRule, _ node: PlacementNode) -> Refusal? {
        let count = groups[.shunning(rule.group, domain: rule.domain)]?.count(around: node, in: rule.domain) ?? 0
        return count > 0 ? .shunned(group: rule.group, domain: rule.domain) : nil
    }

    private func skewed(_ rule: Constraints.SpreadRule, _ node: PlacementNode) -> Breach? {
        guard let census = groups[.members(rule.group)], let open = openDomains[rule.domain] else { return nil }
        guard let here = census.count(around: node, in: rule.domain) else { return (.missingDomain(rule.domain), 1) }
        let maximum = (open.map { census.count($0) }.min() ?? 0) + max(1, rule.maximumSkew)
        return here + 1 > maximum ? (.skewed(domain: rule.domain, count: here + 1, maximum: maximum), here + 1 - maximum) : nil
    }

    private func weighWishes(_ node: PlacementNode, free: Resources, _ verdict: inout Verdict) {
        func add(_ words: String, _ cost: Int = 1) {
            verdict.reservations.append(words)
            verdict.wishes += cost
        }
        let constraints = request.constraints
        for label in constraints.prefer where !node.labels.contains(label) { add(Refusal.missingLabel(label).description) }
        for taint in kinds.avoided(NodeKind(node)) { add(Refusal.tainted(taint).description) }
        for rule in constraints.affinity where !rule.hard { if let breach = unmet(rule, node) { add(breach.refusal.description, breach.cost) } }
        for rule in constraints.antiAffinity where !rule.hard { if let breach = broken(rule, node) { add(breach.refusal.description, breach.cost) } }
        for rule in constraints.spread where !rule.hard { if let breach = skewed(rule, node) { add(breach.refusal.description, breach.cost) } }
        if free.devices.contains(where: { $0.count > 0 && need.count(of: $0.name) == 0 }) { add("has devices that are not asked for") }
    }
}

/// What soft constraints weigh. Nodes are compared by the wishes they leave unfulfilled first and by the policy's score second.
enum Wish {
    /// Of one wish, where both are shown as a single number.
    private static let shownCost = 1_048_576.0
    /// Locality is no wish: having to fetch the image weighs as much as a small difference in room.
    static let fetchCost = 0.0625

    static func shown(_ wishes: Int, _ score: Double) -> Double { Double(wishes) * shownCost + score }
}
