import ClusterModel
import Placement

/// What there is, what is taken and what is left, by node and by failure domain.
package struct CapacityReport: Sendable, Codable {
    package let rows: [Row]

    package struct Row: Sendable, Codable, Hashable {
        /// "cluster", "zone", "rack" or "node".
        package let level: String
        package let name: String
        package let nodes: Int
        package let total: Resources
        package let reserved: Resources
        /// (total - reserved) * ratio.
        package let allocatable: Resources
        package let allocated: Resources
        /// Zero where more is allocated than there is.
        package let free: Resources
        /// Free in one resource, and unusable for want of another, given the mix of what is allocated.
        package let stranded: Resources
        package let instances: Int
    }

    /// The cluster first, then its zones, racks and nodes, each in name order. Nodes without a zone or rack are in none.
    package init(_ snapshot: ClusterSnapshot) {
        let parts = NodeRoom.all(of: snapshot)
        var rows = [Self.row("cluster", "all", parts)]
        for level in ["zone", "rack"] {
            let names = Set(parts.compactMap { $0.node.placement.labels[level] }).sorted()
            rows += names.map { name in Self.row(level, name, parts.filter { $0.node.placement.labels[level] == name }) }
        }
        rows += parts.map { Self.row("node", $0.node.placement.name.text, [$0]) }
        self.rows = rows
    }

    private static func row(_ level: String, _ name: String, _ parts: [NodeRoom]) -> Row {
        func sum(_ amount: (NodeRoom) -> Resources) -> Resources { parts.reduce(.zero) { $0 + amount($1) } }
        return Row(
            level: level, name: name, nodes: parts.count, total: sum(\.node.capacity.total), reserved: sum(\.node.capacity.reserved),
            allocatable: sum(\.node.placement.allocatable), allocated: sum(\.allocated), free: sum(\.free), stranded: sum(\.stranded),
            instances: parts.reduce(0) { $0 + $1.instances })
    }
}

/// One node with what is on it.
struct NodeRoom {
    let node: ClusterSnapshot.PlannedNode
    let allocated: Resources
    let free: Resources
    let stranded: Resources
    let instances: Int

    /// In name order.
    static func all(of snapshot: ClusterSnapshot) -> [NodeRoom] {
        var allocated: [NodeID: Resources] = [:]
        var counts: [NodeID: Int] = [:]
        for instance in snapshot.instances {
            guard let node = instance.node else { continue }
            allocated[node, default: .zero] += instance.allocation ?? instance.request.resources
            counts[node, default: 0] += 1
        }
        let mix = snapshot.nodes.reduce(Resources.zero) { $0 + (allocated[$1.placement.id] ?? .zero) }
        return snapshot.nodes.sorted { ($0.placement.name, $0.placement.id) < ($1.placement.name, $1.placement.id) }.map { node in
            let taken = allocated[node.placement.id] ?? .zero
            let free = (node.placement.allocatable - taken).withoutDebts
            return NodeRoom(
                node: node, allocated: taken, free: free, stranded: free.beyond(mix: mix), instances: counts[node.placement.id] ?? 0)
        }
    }
}

extension Resources {
    var withoutDebts: Resources {
        Resources(
            cpu: max(.zero, cpu), memory: max(.zero, memory), disk: max(.zero, disk),
            devices: devices.map { DeviceCount(name: $0.name, count: max(0, $0.count)) })
    }

    /// What of CPU, memory and disk is left when as much as possible is used in the proportions of `mix`. Devices are never stranded: most instances want none.
    func beyond(mix: Resources) -> Resources {
        let amounts = [(cpu.count, mix.cpu.count), (memory.count, mix.memory.count), (disk.count, mix.disk.count)]
        guard let usable = amounts.filter({ $0.1 > 0 }).map({ Double($0.0) / Double($0.1) }).min() else { return .zero }
        let left = amounts.map { free, share in share > 0 ? max(0, free - Int64((Double(share) * usable).rounded(.up))) : 0 }
        return Resources(cpu: MilliCPU(left[0]), memory: MiB(left[1]), disk: MiB(left[2]))
    }
}
