import ClusterModel
import FoundationEssentials
import Placement

/// A cluster at one moment, as a value to plan with: its nodes, what is on them, and its sizes.
package struct ClusterSnapshot: Sendable {
    package var policy: PlacementPolicy
    package var nodes: [PlannedNode]
    package var instances: [PlannedInstance]
    package var sizes: [Size]

    package struct PlannedNode: Sendable, Hashable {
        package var placement: PlacementNode
        package var capacity: Capacity
        package var vmm: VMMKind
        /// What instances migrate by; nil where they do not, or where nobody knows.
        package var machine: MigrationReach.Machine?

        package init(placement: PlacementNode, capacity: Capacity, vmm: VMMKind = .qemu, machine: MigrationReach.Machine? = nil) {
            self.placement = placement
            self.capacity = capacity
            self.vmm = vmm
            self.machine = machine
        }
    }

    package struct PlannedInstance: Sendable, Hashable {
        package var name: Name
        package var size: Name?
        package var labels: Labels
        package var request: PlacementRequest
        /// Nil where it is not placed.
        package var node: NodeID?
        /// What it holds there, the node's overhead included.
        package var allocation: Resources?
        package var reach: MigrationReach

        package init(
            name: Name, size: Name? = nil, labels: Labels = Labels(), request: PlacementRequest, node: NodeID? = nil, allocation: Resources? = nil,
            reach: MigrationReach = .anywhere
        ) {
            self.name = name
            self.size = size
            self.labels = labels
            self.request = request
            self.node = node
            self.allocation = allocation
            self.reach = reach
        }
    }

    package init(policy: PlacementPolicy, nodes: [PlannedNode], instances: [PlannedInstance], sizes: [Size]) {
        self.policy = policy
        self.nodes = nodes
        self.instances = instances
        self.sizes = sizes
    }

    /// What a controller lists. Traits of an instance's size count as its own, since the size may have gone.
    /// - Parameter migrating: instances move only as they could migrate now; else as if all could be moved by some means.
    package init(policy: PlacementPolicy, nodes: [Node], instances: [Instance], sizes: [Size], migrating: Bool = false) {
        let machines = Dictionary(nodes.map { ($0.id, MigrationReach.Machine($0.facts)) }, uniquingKeysWith: { first, _ in first })
        let traits = Dictionary(sizes.map { ($0.name, $0.traits) }, uniquingKeysWith: { first, _ in first })
        self.init(
            policy: policy,
            nodes: nodes.map { PlannedNode(placement: PlacementNode($0), capacity: $0.capacity, vmm: $0.facts.vmm, machine: machines[$0.id] ?? nil) },
            instances: instances.filter { $0.spec.desired != .deleted || $0.placement != nil }.map { instance in
                PlannedInstance(
                    name: instance.name, size: instance.spec.size, labels: instance.spec.labels,
                    request: PlacementRequest(
                        instance: instance.id, resources: instance.spec.resources, groups: instance.spec.groups,
                        constraints: instance.spec.constraints,
                        traits: traits[instance.spec.size] ?? [], policy: instance.spec.policy, image: instance.spec.image.digest,
                        expiresAt: instance.spec.expiresAt),
                    node: instance.placement?.node, allocation: instance.placement?.allocation,
                    reach: migrating ? MigrationReach(instance, on: instance.placement.flatMap { machines[$0.node] ?? nil }) : .anywhere)
            },
            sizes: sizes)
    }

    /// With everything that is placed allocated, over capacity too where it is so.
    package func engine() -> PlacementEngine {
        var engine = PlacementEngine(policy: policy)
        for node in nodes { engine.setNode(node.placement) }
        for instance in instances {
            guard let node = instance.node else { continue }
            try? engine.allocate(
                Allocation(
                    instance: instance.request.instance, node: node, resources: instance.allocation ?? instance.request.resources,
                    groups: instance.request.groups, apart: instance.request.constraints.antiAffinity.filter(\.hard),
                    expiresAt: instance.request.expiresAt),
                force: true)
        }
        return engine
    }

    /// Takes nodes away; what was on them has no node then.
    package mutating func lose(where isLost: (PlacementNode) -> Bool) {
        let lost = Set(nodes.filter { isLost($0.placement) }.map(\.placement.id))
        nodes.removeAll { lost.contains($0.placement.id) }
        for index in instances.indices {
            guard let node = instances[index].node, lost.contains(node) else { continue }
            instances[index].node = nil
            instances[index].allocation = nil
        }
    }

    /// Places what has no node, in order, and returns those for whom there is no room with the reasons.
    @discardableResult
    package mutating func placeWaiting() -> [(instance: Name, why: NoPlacement)] {
        var engine = self.engine()
        var failed: [(Name, NoPlacement)] = []
        for index in instances.indices where instances[index].node == nil {
            do {
                let decision = try engine.place(instances[index].request)
                try? engine.allocate(decision.allocation)
                instances[index].node = decision.node
                instances[index].allocation = decision.allocation.resources
            } catch { failed.append((instances[index].name, error)) }
        }
        return failed
    }

    /// An id that only this plan knows, the same on every run.
    static func plannedID<Kind>(_ family: UInt8, _ number: Int) -> ID<Kind> {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        return ID(
            UUID(uuid: (0xBE, family, 0, 0, 0, 0, 0x40, 0, bytes[0] | 0x80, bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7])))
    }
}
