import ClusterModel
import Planner

/// The nodes of a dev cluster, and the configurations that make them.
package struct DevPlan: Sendable {
    package struct Node: Sendable {
        package var name: Name
        package var labels: Labels
        package var taints: [Taint]
        package var capacity: Capacity
        package var isSynthetic: Bool
    }

    package var nodes: [Node]
    package var policy: PlacementPolicy?
    package var sizes: [Size] = []

    /// Equal machines in one rack, as `cluster-configs/three-nodes.yaml` has them; the first half gigabyte and half vCPU are the machine's own.
    package static func equal(_ count: Int, synthetic: Bool) throws -> DevPlan {
        guard count <= 10_000 else { throw CommandFailure(.usage, "--nodes \(count) is more than one machine bears: at most 10000") }
        guard synthetic || count <= 50 else {
            throw CommandFailure(.usage, "--nodes \(count) real agents are more than one machine bears: at most 50, or give --synthetic")
        }
        let labels = Labels([try Label(key: "zone", value: "z1"), try Label(key: "rack", value: "r1")])
        let small = Capacity(
            total: Resources(cpu: MilliCPU(vcpus: 2), memory: MiB(4096), disk: MiB(40 << 10)),
            reserved: Resources(cpu: MilliCPU(500), memory: MiB(512), disk: MiB(4096)))
        let large = Capacity(
            total: Resources(cpu: MilliCPU(vcpus: 64), memory: MiB(256 << 10), disk: MiB(4 << 20)),
            reserved: Resources(cpu: MilliCPU(vcpus: 1), memory: MiB(2048), disk: MiB(20 << 10)))
        return DevPlan(
            nodes: try (1...max(1, count)).map { number in
                Node(
                    name: try Name("n\(number)"), labels: labels, taints: [], capacity: synthetic ? large : small, isSynthetic: synthetic)
            })
    }

    /// `synthetic` makes every node of the file synthetic.
    package init(_ file: ClusterFile, synthetic: Bool) {
        nodes = file.machines().map { machine in
            Node(
                name: machine.name, labels: machine.entry.labels, taints: machine.entry.taints, capacity: machine.entry.capacity,
                isSynthetic: synthetic || machine.entry.vmm == .synthetic)
        }
        policy = file.policy
        sizes = file.sizes
    }

    private init(nodes: [Node]) { self.nodes = nodes }

    /// Synthetic nodes are thousands of agents in one process, which have no disk to keep a certificate on.
    package var isSecure: Bool { !nodes.contains(where: \.isSynthetic) }

    package func controllerText(port: UInt16, data: String) -> String {
        var text = isSecure ? "" : "security: none\n"
        text += "listen: 127.0.0.1:\(port)\ndataDirectory: \(YAMLText.quoted(data))\n"
        // One token does everything here, benchmarks among it.
        text += "access: {rate: 100000, burst: 100000}\n"
        if let policy { text += "placement: {policy: \(policy.rawValue)}\n" }
        return text
    }

    package static func agentText(_ node: Node, controller: String, data: String) -> String {
        """
        controller: \(YAMLText.quoted(controller))
        dataDirectory: \(YAMLText.quoted(data))
        \(nodeLines(node).joined(separator: "\n"))

        """
    }

    /// A cluster file of its own, for the one process that is all of them.
    package static func fleetText(_ nodes: [Node]) throws -> String {
        let entries = nodes.map { node in
            var entry = ClusterFile.NodeEntry(name: NamePattern(node.name), capacity: node.capacity)
            entry.labels = node.labels
            entry.taints = node.taints
            entry.vmm = .synthetic
            return entry
        }
        return ClusterFile(name: try Name("fleet"), nodes: entries).yaml()
    }

    private static func nodeLines(_ node: Node) -> [String] {
        var lines = ["name: \(node.name)", "vmm: qemu"]
        if !node.labels.isEmpty {
            lines.append("labels: {\(node.labels.all.map { "\(YAMLText.quoted($0.key)): \(YAMLText.quoted($0.value))" }.joined(separator: ", "))}")
        }
        if !node.taints.isEmpty { lines.append("taints: [\(node.taints.map { YAMLText.quoted($0.description) }.joined(separator: ", "))]") }
        lines.append("capacity: \(room(node.capacity.total))")
        lines.append("reserved: \(room(node.capacity.reserved))")
        let ratio = node.capacity.overcommit
        if ratio != Capacity.Overcommit() {
            lines.append("overcommit: {cpu: \(ratio.cpuPercent), memory: \(ratio.memoryPercent), disk: \(ratio.diskPercent)}")
        }
        return lines
    }

    private static func room(_ room: Resources) -> String {
        var fields = ["cpu: \"\(room.cpu)\"", "memory: \(room.memory.count)MiB", "disk: \(room.disk.count)MiB"]
        if !room.devices.isEmpty { fields.append("devices: {\(room.devices.map { "\($0.name): \($0.count)" }.joined(separator: ", "))}") }
        return "{\(fields.joined(separator: ", "))}"
    }
}
