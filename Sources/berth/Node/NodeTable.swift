import ClusterAPI
import ClusterModel

package enum NodeTable {
    package static var presentation: Presentation<NodeView> {
        Presentation(
            columns: [
                Column("NAME") { $0.node.name.text },
                Column("HEALTH") { $0.node.health.rawValue },
                Column("AGE", .right) { $0.age.map(HumanText.age) ?? "" },
                Column("CPU", .right) { HumanText.used($0.allocated.cpu, of: $0.node.capacity.allocatable.cpu) },
                Column("MEMORY", .right) { HumanText.used($0.allocated.memory, of: $0.node.capacity.allocatable.memory) },
                Column("DISK", .right, wide: true) { HumanText.used($0.allocated.disk, of: $0.node.capacity.allocatable.disk) },
                Column("KVM") { $0.node.facts.kvm.word },
                Column("VMM") { $0.node.facts.vmm.rawValue },
                Column("INSTANCES", .right) { "\($0.instances)" },
                Column("CORDONED") { $0.node.draining ? DrainText.word($0) : $0.node.cordoned ? "yes" : "no" },
                Column("LABELS", wide: true) { $0.node.labels.all.map(\.description).joined(separator: ",") },
                Column("TAINTS", wide: true) { $0.node.taints.map(\.description).joined(separator: ",") },
                Column("AGENT", wide: true) { $0.node.facts.agentVersion },
                Column("ID", wide: true) { $0.node.id.description },
            ], name: { $0.node.name.text })
    }
}
