import ClusterModel

/// A cluster as one YAML file: what `cluster-configs/` holds, `plan export` writes, and the planner and `dev up --cluster` read.
/// Entries stand as they are written; `machines()` and `snapshot()` give what they mean.
package struct ClusterFile: Hashable, Sendable {
    package var name: Name
    package var policy: PlacementPolicy
    package var nodes: [NodeEntry]
    package var sizes: [Size]
    package var instances: [InstanceEntry]

    package static let maximumNodes = 100_000
    package static let maximumInstances = 1_000_000
    package static let maximumSizes = 10_000

    /// One node, or `count` equal ones.
    package struct NodeEntry: Hashable, Sendable {
        package var name: NamePattern
        package var labels = Labels()
        package var taints: [Taint] = []
        package var capacity: Capacity
        package var architecture = Architecture.x86_64
        package var traits: [String] = []
        package var vmm = VMMKind.qemu
        /// Memory beside each guest's own.
        package var overhead = MiB.zero
        package var cordoned = false

        package init(name: NamePattern, capacity: Capacity) {
            self.name = name
            self.capacity = capacity
        }
    }

    /// One instance, or `count` equal ones: of a size, or with resources of its own.
    package struct InstanceEntry: Hashable, Sendable {
        package var name: NamePattern
        package var size: Name?
        /// The size's where one is named.
        package var resources: Resources
        /// Where it is; nil lets the placement decide, in the file's order.
        package var node: Name?
        package var groups: [Name] = []
        package var labels = Labels()
        package var constraints = Constraints()
        package var policy: PlacementPolicy?
        /// When it ends by itself.
        package var expiresAt: Timestamp?

        package init(name: NamePattern, size: Name?, resources: Resources) {
            self.name = name
            self.size = size
            self.resources = resources
        }
    }

    package init(name: Name, policy: PlacementPolicy = .pack, nodes: [NodeEntry] = [], sizes: [Size] = [], instances: [InstanceEntry] = []) {
        self.name = name
        self.policy = policy
        self.nodes = nodes
        self.sizes = sizes
        self.instances = instances
    }

    /// Every node on its own, in the file's order.
    package func machines() -> [Machine] {
        nodes.flatMap { entry in entry.name.names.map { Machine(name: $0, entry: entry) } }
    }

    /// One node of the file.
    package struct Machine: Hashable, Sendable {
        package let name: Name
        /// What it shares with the nodes of the same entry.
        package let entry: NodeEntry
    }
}

/// "n{}" with a count of 3 is n1, n2, n3; without braces a number is put behind. Without a count it is one plain name.
package struct NamePattern: Hashable, Sendable {
    package let text: String
    package let count: Int?
    package let names: [Name]

    package init(_ name: Name) {
        text = name.text
        count = nil
        names = [name]
    }

    package init(_ text: String, count: Int?) throws(Name.Invalid) {
        self.text = text
        self.count = count
        guard let count else {
            names = [try Name(text)]
            return
        }
        let parts = text.split(separator: "{}", maxSplits: 1, omittingEmptySubsequences: false)
        let before = parts.count == 2 ? String(parts[0]) : text + "-"
        let after = parts.count == 2 ? String(parts[1]) : ""
        var names: [Name] = []
        for number in 0..<count { names.append(try Name("\(before)\(number + 1)\(after)")) }
        self.names = names
    }
}
