import ClusterModel
import Placement

/// The hard constraints once more, told as directly as possible and sharing nothing with the engine.
struct Legality {
    var nodes: [NodeID: PlacementNode]
    var allocations: [Allocation]

    /// What speaks against the request on that node; nil where it is legal.
    func objection(to request: PlacementRequest, on node: PlacementNode) -> String? {
        let constraints = request.constraints
        if let objection = fixedObjection(to: request, on: node) { return objection }
        for rule in constraints.spread where rule.hard {
            guard let domain = node.labels[rule.domain] else { return "no \(rule.domain)" }
            let open = Set(nodes.values.filter { fixedObjection(to: request, on: $0) == nil }.compactMap { $0.labels[rule.domain] })
            let counts = members(of: rule.group).compactMap { $0.labels[rule.domain] }
            func count(_ value: String) -> Int { counts.count { $0 == value } }
            let least = open.map(count).min() ?? 0
            if count(domain) + 1 - least > max(1, rule.maximumSkew) { return "skew over \(rule.domain)" }
        }
        return groupObjection(to: request, on: node) ?? room(for: request, on: node)
    }

    /// What depends on no other instance.
    private func fixedObjection(to request: PlacementRequest, on node: PlacementNode) -> String? {
        let constraints = request.constraints
        if node.admission != .open { return "not open" }
        if let wanted = constraints.architecture, wanted != node.architecture { return "architecture" }
        if let pool = constraints.pool, node.labels["pool"] != pool.text { return "pool" }
        for taint in node.taints where taint.effect == .noPlace {
            let isOwnPool = taint.label.key == "dedicated" && taint.label.value == constraints.pool?.text
            if !isOwnPool, !constraints.tolerate.contains(where: { $0.covers(taint) }) { return "taint \(taint)" }
        }
        if let trait = (request.traits + constraints.traits).first(where: { !node.traits.contains($0) }) { return "trait \(trait)" }
        if let label = constraints.require.first(where: { !node.labels.contains($0) }) { return "label \(label)" }
        return nil
    }

    private func groupObjection(to request: PlacementRequest, on node: PlacementNode) -> String? {
        let constraints = request.constraints
        for rule in constraints.antiAffinity where rule.hard && members(of: rule.group).contains(where: { sharesDomain($0, node, rule.domain) }) {
            return "apart from \(rule.group)"
        }
        for other in allocations {
            guard let there = nodes[other.node] else { continue }
            if let rule = other.apart.first(where: { request.groups.contains($0.group) && sharesDomain(there, node, $0.domain) }) {
                return "kept away from \(rule.group)"
            }
        }
        for rule in constraints.affinity where rule.hard {
            let members = members(of: rule.group)
            let isFirst = members.isEmpty && request.groups.contains(rule.group)
            if !isFirst, !members.contains(where: { sharesDomain($0, node, rule.domain) }) { return "together with \(rule.group)" }
        }
        return nil
    }

    private func room(for request: PlacementRequest, on node: PlacementNode) -> String? {
        let used = allocations.filter { $0.node == node.id }.reduce(Resources.zero) { $0 + $1.resources }
        let need = request.resources
        if need.cpu.count > 0, used.cpu + need.cpu > node.allocatable.cpu { return "cpu" }
        if used.memory + need.memory + node.overhead > node.allocatable.memory { return "memory" }
        if need.disk.count > 0, used.disk + need.disk > node.allocatable.disk { return "disk" }
        for device in need.devices where used.count(of: device.name) + device.count > node.allocatable.count(of: device.name) { return "devices" }
        return nil
    }

    private func members(of group: Name) -> [PlacementNode] {
        allocations.filter { $0.groups.contains(group) }.compactMap { nodes[$0.node] }
    }

    private func sharesDomain(_ left: PlacementNode, _ right: PlacementNode, _ domain: String?) -> Bool {
        guard let domain else { return left.id == right.id }
        return left.labels[domain] != nil && left.labels[domain] == right.labels[domain]
    }
}
