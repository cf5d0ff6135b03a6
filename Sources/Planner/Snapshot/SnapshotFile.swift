import ClusterModel
import Placement

extension ClusterFile {
    /// The cluster that the file describes, with ids of its own. Instances without a node are not placed yet.
    package func snapshot() -> ClusterSnapshot {
        var ids: [Name: NodeID] = [:]
        var overheads: [NodeID: MiB] = [:]
        let nodes = machines().enumerated().map { number, machine in
            let entry = machine.entry
            let id: NodeID = ClusterSnapshot.plannedID(1, number)
            ids[machine.name] = id
            overheads[id] = entry.overhead
            return ClusterSnapshot.PlannedNode(
                placement: PlacementNode(
                    id: id, name: machine.name, labels: entry.labels, taints: entry.taints, architecture: entry.architecture, traits: entry.traits,
                    allocatable: entry.capacity.allocatable, overhead: entry.overhead, admission: entry.cordoned ? .cordoned : .open),
                capacity: entry.capacity, vmm: entry.vmm)
        }
        let traits = Dictionary(sizes.map { ($0.name, $0.traits) }, uniquingKeysWith: { first, _ in first })
        let planned = instances.flatMap { entry in entry.name.names.map { ($0, entry) } }.enumerated().map { number, pair in
            let (name, entry) = pair
            let node = entry.node.flatMap { ids[$0] }
            var allocation = entry.resources
            allocation.memory += node.flatMap { overheads[$0] } ?? .zero
            return ClusterSnapshot.PlannedInstance(
                name: name, size: entry.size, labels: entry.labels,
                request: PlacementRequest(
                    instance: ClusterSnapshot.plannedID(2, number), resources: entry.resources, groups: entry.groups, constraints: entry.constraints,
                    traits: entry.size.flatMap { traits[$0] } ?? [], policy: entry.policy,
                    expiresAt: entry.expiresAt),
                node: node, allocation: node == nil ? nil : allocation)
        }
        return ClusterSnapshot(policy: policy, nodes: nodes, instances: planned, sizes: sizes)
    }

    /// Writes a snapshot down, an entry for each node and instance. A size that no longer says what its instances hold is not named by them.
    package init(name: Name, snapshot: ClusterSnapshot) {
        self.init(name: name, policy: snapshot.policy, sizes: snapshot.sizes)
        nodes = snapshot.nodes.map { node in
            var entry = NodeEntry(name: NamePattern(node.placement.name), capacity: node.capacity)
            entry.labels = node.placement.labels
            entry.taints = node.placement.taints
            entry.architecture = node.placement.architecture
            entry.traits = node.placement.traits
            entry.vmm = node.vmm
            entry.overhead = node.placement.overhead
            entry.cordoned = node.placement.admission != .open
            return entry
        }
        let names = Dictionary(snapshot.nodes.map { ($0.placement.id, $0.placement.name) }, uniquingKeysWith: { first, _ in first })
        let known = Dictionary(snapshot.sizes.map { ($0.name, $0.resources) }, uniquingKeysWith: { first, _ in first })
        instances = snapshot.instances.map { instance in
            let size = instance.size.flatMap { known[$0] == instance.request.resources ? $0 : nil }
            var entry = InstanceEntry(name: NamePattern(instance.name), size: size, resources: instance.request.resources)
            entry.node = instance.node.flatMap { names[$0] }
            entry.groups = instance.request.groups
            entry.labels = instance.labels
            entry.constraints = instance.request.constraints
            entry.policy = instance.request.policy
            entry.expiresAt = instance.request.expiresAt
            return entry
        }
    }
}
