import ClusterModel
import Placement

extension Trace {
    /// The cluster as a policy leaves it at a moment of the trace, on as many equal nodes as it opens; what fits no node is left out.
    package func snapshot(at time: Double, node: ReplayNode, policy: PlacementPolicy) throws(Name.Invalid) -> ClusterSnapshot {
        var run = ReplayRun(policy: policy, timeline: ReplayTimeline(self, node: node), node: node, limit: nil)
        let (vms, nodes) = run.state(at: time)
        var planned: [ClusterSnapshot.PlannedNode] = []
        for number in 0..<(nodes.max() ?? -1) + 1 {
            let room = node.resources
            planned.append(
                .init(
                    placement: PlacementNode(id: ClusterSnapshot.plannedID(1, number), name: try Name("n\(number + 1)"), allocatable: room),
                    capacity: Capacity(total: room)))
        }
        var instances: [ClusterSnapshot.PlannedInstance] = []
        for (number, vm) in vms.enumerated() {
            let need = vm.resources
            instances.append(
                .init(
                    name: try Name("vm\(number + 1)"), request: PlacementRequest(instance: ClusterSnapshot.plannedID(2, number), resources: need),
                    node: planned[nodes[number]].placement.id, allocation: need))
        }
        return ClusterSnapshot(policy: policy, nodes: planned, instances: instances, sizes: [])
    }
}

extension ReplayRun {
    /// The VMs that are there at a moment and the node of each.
    mutating func state(at time: Double) -> (vms: [Trace.VM], nodes: [Int]) {
        for event in timeline.events.prefix(while: { $0.time <= time }) { apply(event) }
        let there = timeline.vms.indices.filter { node(of: $0) >= 0 && timeline.vms[$0].end > time }
        return (there.map { timeline.vms[$0] }, there.map { node(of: $0) })
    }
}
