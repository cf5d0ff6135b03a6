import ClusterModel

/// One request held against one node after another. Plain and slow: it tells the whole truth about a node, and is what the index is compared with.
struct RequestCheck {
    let request: PlacementRequest
    let need: Resources
    private let traits: [String]
    private let groups: [Name: GroupCensus]
    /// By domain key, the values in which at least one node could be used but for room and groups.
    private let openDomains: [String: Set<String>]

    init(_ request: PlacementRequest, nodes: [PlacementNode], members: [Allocation]) {
        self.request = request
        need = request.resources.bounded
        var traits: [String] = []
        for trait in request.traits + request.constraints.traits where !traits.contains(trait) { traits.append(trait) }
        self.traits = traits
        let constraints = request.constraints
        let rules = constraints.antiAffinity.map(\.group) + constraints.affinity.map(\.group) + constraints.spread.map(\.group)
        groups = Dictionary(rules.map { ($0, GroupCensus(of: $0, members: members, nodes: nodes)) }, uniquingKeysWith: { first, _ in first })
        var open: [String: Set<String>] = [:]
        for rule in constraints.spread where open[rule.domain] == nil {
            open[rule.domain] = Set(
                nodes.filter { Self.fixedRefusals(request, traits, $0).isEmpty }.compactMap { $0.labels[rule.domain] })
        }
        openDomains = open
    }

    func verdict(_ node: PlacementNode, free: Resources, policy: PlacementPolicy, measure: ClusterMeasure) -> Explanation.NodeVerdict {
        let wishes = self.wishes(node, free: free)
        var verdict = Explanation.NodeVerdict(
            node: node.id, name: node.name, score: nil,
            refusals: Self.fixedRefusals(request, traits, node) + groupRefusals(node) + free.shortages(of: need.with(overhead: node.overhead)),
            reservations: wishes.words)
        if verdict.refusals.isEmpty {
            let after = free - need.with(overhead: node.overhead)
            verdict.score =
                wishes.cost
                + policy.score(before: Room(free, in: measure), after: Room(after, in: measure), measure: measure)
        }
        return verdict
    }

    /// What does not depend on any other instance.
    private static func fixedRefusals(_ request: PlacementRequest, _ traits: [String], _ node: PlacementNode) -> [Refusal] {
        var found: [Refusal] = []
        switch node.admission {
        case .open: break
        case .cordoned: found.append(.cordoned)
        case .draining: found.append(.draining)
        case .stale: found.append(.stale)
        }
        let constraints = request.constraints
        if let architecture = constraints.architecture, architecture != node.architecture {
            found.append(.wrongArchitecture(need: architecture, has: node.architecture))
        }
        if let pool = constraints.pool, pool != node.pool { found.append(.wrongPool(need: pool, has: node.pool)) }
        for taint in node.taints where taint.effect == .noPlace && !isTolerated(taint, by: constraints) {
            if taint.label.key == PlacementNode.dedicatedTaint, constraints.pool == nil, let pool = node.pool {
                found.append(.wrongPool(need: nil, has: pool))
            } else {
                found.append(.tainted(taint))
            }
        }
        for trait in traits where !node.traits.contains(trait) { found.append(.missingTrait(trait)) }
        for label in constraints.require where !node.labels.contains(label) { found.append(.missingLabel(label)) }
        return found
    }

    private static func isTolerated(_ taint: Taint, by constraints: Constraints) -> Bool {
        constraints.tolerate.contains { $0.covers(taint) }
            || (taint.label.key == PlacementNode.dedicatedTaint && taint.label.value == constraints.pool?.text)
    }

    private func groupRefusals(_ node: PlacementNode) -> [Refusal] {
        let constraints = request.constraints
        return constraints.affinity.filter(\.hard).compactMap { affinityRefusal($0, node) }
            + constraints.antiAffinity.filter(\.hard).compactMap { antiAffinityRefusal($0, node) }
            + constraints.spread.filter(\.hard).compactMap { spreadRefusal($0, node) }
    }

    private func affinityRefusal(_ rule: Constraints.GroupRule, _ node: PlacementNode) -> Refusal? {
        if let domain = rule.domain, node.labels[domain] == nil { return .missingDomain(domain) }
        guard let census = groups[rule.group], !census.isEmpty else {
            // The first of its own group may go anywhere, or none ever could.
            return request.groups.contains(rule.group) ? nil : .notTogetherWith(group: rule.group, domain: rule.domain)
        }
        return census.count(with: node, in: rule.domain) > 0 ? nil : .notTogetherWith(group: rule.group, domain: rule.domain)
    }

    private func antiAffinityRefusal(_ rule: Constraints.GroupRule, _ node: PlacementNode) -> Refusal? {
        if let domain = rule.domain, node.labels[domain] == nil { return .missingDomain(domain) }
        return (groups[rule.group]?.count(with: node, in: rule.domain) ?? 0) > 0 ? .apartFrom(group: rule.group, domain: rule.domain) : nil
    }

    private func spreadRefusal(_ rule: Constraints.SpreadRule, _ node: PlacementNode) -> Refusal? {
        guard node.labels[rule.domain] != nil else { return .missingDomain(rule.domain) }
        guard let census = groups[rule.group], let open = openDomains[rule.domain] else { return nil }
        let least = open.map { census.count(in: rule.domain, value: $0) }.min() ?? 0
        let count = census.count(with: node, in: rule.domain) + 1
        let maximum = least + max(1, rule.maximumSkew)
        return count > maximum ? .skewed(domain: rule.domain, count: count, maximum: maximum) : nil
    }

    /// One unfulfilled wish outweighs any score of a policy.
    private static let wishCost = 1024.0
    /// An image that must be fetched first weighs as much as a small difference in room.
    private static let fetchCost = 0.0625

    private func wishes(_ node: PlacementNode, free: Resources) -> (cost: Double, words: [String]) {
        let constraints = request.constraints
        var words: [String] = []
        for label in constraints.prefer where !node.labels.contains(label) { words.append(Refusal.missingLabel(label).description) }
        for taint in node.taints where taint.effect == .preferNoPlace && !Self.isTolerated(taint, by: constraints) {
            words.append(Refusal.tainted(taint).description)
        }
        for rule in constraints.affinity where !rule.hard { if let unmet = affinityRefusal(rule, node) { words.append(unmet.description) } }
        for rule in constraints.antiAffinity where !rule.hard { if let unmet = antiAffinityRefusal(rule, node) { words.append(unmet.description) } }
        for rule in constraints.spread where !rule.hard { if let unmet = spreadRefusal(rule, node) { words.append(unmet.description) } }
        if free.devices.contains(where: { $0.count > 0 && need.count(of: $0.name) == 0 }) { words.append("has devices that are not asked for") }
        var cost = Double(words.count) * Self.wishCost
        if let image = request.image, !node.images.contains(image) {
            cost += Self.fetchCost
            words.append("would have to fetch the image")
        }
        return (cost, words)
    }
}

/// Where the instances of one group are.
private struct GroupCensus {
    private var nodes: [NodeID: Int] = [:]
    private var labels: [Label: Int] = [:]

    init(of group: Name, members: [Allocation], nodes known: [PlacementNode]) {
        for member in members where member.groups.contains(group) { nodes[member.node, default: 0] += 1 }
        for node in known {
            guard let count = nodes[node.id] else { continue }
            for label in node.labels.all { labels[label, default: 0] += count }
        }
    }

    var isEmpty: Bool { nodes.isEmpty }
    func count(in key: String, value: String) -> Int { (try? Label(key: key, value: value)).flatMap { labels[$0] } ?? 0 }
    func count(with node: PlacementNode, in domain: String?) -> Int {
        guard let domain else { return nodes[node.id] ?? 0 }
        return node.labels[domain].map { count(in: domain, value: $0) } ?? 0
    }
}
