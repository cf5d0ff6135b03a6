import ClusterModel

/// A rule about a group of instances, with its names looked up.
struct CompiledRule {
    enum Kind {
        case apart
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
    /// For `counting`: instances by label.
    var counts: [Int32: Int]

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
}

extension PlacementState {
    func compile(_ rule: Constraints.GroupRule, kind: CompiledRule.Kind) -> CompiledRule {
        var compiled = CompiledRule(kind: kind, isHard: rule.hard, group: groups.number(of: rule.group), domain: .node, counts: [:])
        guard let domain = rule.domain else { return compiled }
        guard let key = table.labels.key(domain) else {
            compiled.domain = .unknown
            return compiled
        }
        if let column = DomainLabels.keys.firstIndex(of: domain) {
            compiled.domain = .counted(key: key, column: column)
            return compiled
        }
        compiled.domain = .counting(key: key)
        guard let group = compiled.group else { return compiled }
        for member in groups.members(of: group) {
            if let label = table.labels.label(of: member.slot, key: key) { compiled.counts[label, default: 0] += Int(member.count) }
        }
        return compiled
    }

    func count(_ rule: CompiledRule, label: Int32) -> Int {
        guard let group = rule.group else { return 0 }
        return switch rule.domain {
        case .counted: groups.count(of: group, label: label)
        case .counting: rule.counts[label] ?? 0
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
        guard let count = count(rule, around: slot) else { return .missingDomain }
        switch rule.kind {
        case .apart: return count > 0 ? .broken(cost: count) : .none
        case .together(let isFirst): return count > 0 || (isFirst && rule.group == nil) ? .none : .broken(cost: 1)
        case .spread(let maximum): return count + 1 > maximum ? .broken(cost: count + 1 - maximum) : .none
        }
    }
}
