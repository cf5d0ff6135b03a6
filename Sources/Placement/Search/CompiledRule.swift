import ClusterModel

/// A rule about a group of instances, with its names looked up.
struct CompiledRule {
    enum Kind {
        case apart
        /// Apart from those who must be apart from a group of the request's. Where there is no such domain there is none of them.
        case shunned
        /// The first of its own group may go anywhere.
        case together(isFirst: Bool)
        /// At most so many in one domain, the new one included.
        case spread(maximum: Int)
    }

    enum Domain {
        case node
        /// One that groups are counted by as they change.
        case counted(key: Int32, column: Int)
        case counting(key: Int32)
        /// A label that no node has.
        case unknown

        var key: Int32? {
            switch self {
            case .counted(let key, _), .counting(let key): key
            case .node, .unknown: nil
            }
        }
    }

    var kind: Kind
    var isHard: Bool
    /// Nil where nothing belongs to it.
    var group: Int32?
    var domain: Domain
    /// For `counting`: instances by label, and the labels that have some.
    var counts: [Int32] = []
    var counted: [Int32] = []

    enum Breach {
        case none
        case missingDomain
        case broken(cost: Int)

        var cost: Int {
            switch self {
            case .none: 0
            case .missingDomain: 1
            case .broken(let cost): cost
            }
        }
    }

    /// What a domain that holds so many of the group costs.
    func breach(count: Int) -> Breach {
        switch kind {
        case .apart, .shunned: count > 0 ? .broken(cost: count) : .none
        case .together(let isFirst): count > 0 || (isFirst && group == nil) ? .none : .broken(cost: 1)
        case .spread(let maximum): count + 1 > maximum ? .broken(cost: count + 1 - maximum) : .none
        }
    }

    var isShunned: Bool { if case .shunned = kind { true } else { false } }
    var breachWithoutDomain: Breach { isShunned ? .none : .missingDomain }
}

extension PlacementState {
    /// `list` counts the instances that the rule is about.
    func compile(_ list: Int32?, domain: String?, kind: CompiledRule.Kind, isHard: Bool) -> CompiledRule {
        var compiled = CompiledRule(kind: kind, isHard: isHard, group: list, domain: .node)
        guard let domain else { return compiled }
        guard let key = table.labels.key(domain) else {
            compiled.domain = .unknown
            return compiled
        }
        if let column = DomainLabels.keys.firstIndex(of: domain) {
            compiled.domain = .counted(key: key, column: column)
        } else {
            compiled.domain = .counting(key: key)
            count(&compiled, key: key)
        }
        return compiled
    }

    private func count(_ rule: inout CompiledRule, key: Int32) {
        guard let group = rule.group else { return }
        rule.counts = Array(repeating: 0, count: table.labels.bound)
        for entry in groups.nodes(of: group) {
            guard let label = table.labels.label(of: entry.member, key: key) else { continue }
            if rule.counts[Int(label)] == 0 { rule.counted.append(label) }
            rule.counts[Int(label)] += entry.count
        }
    }

    func count(_ rule: CompiledRule, label: Int32) -> Int {
        guard let group = rule.group else { return 0 }
        return switch rule.domain {
        case .counted: groups.count(of: group, label: label)
        case .counting: Int(rule.counts[Int(label)])
        case .node, .unknown: 0
        }
    }

    /// Nil where the node does not belong to such a domain.
    private func count(_ rule: CompiledRule, around slot: Int32) -> Int? {
        switch rule.domain {
        case .node: return rule.group.map { groups.count(of: $0, on: slot) } ?? 0
        case .counted(_, let column):
            let label = table.domains[Int(slot)][column]
            return label < 0 ? nil : count(rule, label: label)
        case .counting(let key): return table.labels.label(of: slot, key: key).map { count(rule, label: $0) }
        case .unknown: return nil
        }
    }

    func breach(of rule: CompiledRule, on slot: Int32) -> CompiledRule.Breach {
        count(rule, around: slot).map { rule.breach(count: $0) } ?? rule.breachWithoutDomain
    }

    /// The nodes that share a domain with instances of the rule's group, domain after domain; as a slot where the domain is the node.
    func forEachDomain(of rule: CompiledRule, _ body: (_ count: Int, _ nodes: DomainNodes) -> Void) {
        guard let group = rule.group else { return }
        switch rule.domain {
        case .node: for entry in groups.nodes(of: group) { body(Int(entry.count), .slot(entry.member)) }
        case .counted(let key, _):
            for entry in groups.domains(of: group) where table.labels.key(of: entry.member) == key {
                body(Int(entry.count), .set(table.labels.nodes(with: entry.member)))
            }
        case .counting: for label in rule.counted { body(Int(rule.counts[Int(label)]), .set(table.labels.nodes(with: label))) }
        case .unknown: break
        }
    }

    /// Nodes that belong to a domain of the rule; nil for all.
    func nodesWithDomain(_ rule: CompiledRule) -> SlotSet? {
        switch rule.domain {
        case .node: nil
        case .counted(let key, _), .counting(let key): table.labels.nodes(withKey: key)
        case .unknown: SlotSet()
        }
    }
}

enum DomainNodes {
    case slot(Int32)
    case set(SlotSet)
}
