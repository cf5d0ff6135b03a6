import ClusterAPI
import ClusterModel

/// One node in full.
package enum NodeText {
    package static func of(_ view: NodeView) -> String {
        let node = view.node
        var fields = FieldList()
        fields.add("Name", node.name.text)
        fields.add("Id", node.id.description)
        let heard = view.age.map { ", heard from \(HumanText.age($0)) ago" } ?? ", not heard from since the controller's start"
        fields.add("Health", node.health.rawValue + heard + (node.cordoned ? ", cordoned" : ""))
        fields.add("Proof", node.silence?.proof?.sentence)
        fields.add("Drain", view.drain.map(DrainText.of))
        fields.add("Labels", node.labels.all.map(\.description).joined(separator: ", "))
        fields.add("Taints", node.taints.map(\.description).joined(separator: ", "))
        fields.add("Total", ResourcesText.of(node.capacity.total))
        fields.add("Reserved", ResourcesText.of(node.capacity.reserved))
        let ratio = node.capacity.overcommit
        if ratio != Capacity.Overcommit() {
            fields.add("Overcommit", "cpu \(ratio.cpuPercent) %, memory \(ratio.memoryPercent) %, disk \(ratio.diskPercent) %")
        }
        fields.add("Allocatable", ResourcesText.of(node.capacity.allocatable))
        fields.add("Allocated", "\(ResourcesText.of(view.allocated)), by \(view.instances) instance\(view.instances == 1 ? "" : "s")")
        fields.add("Free", ResourcesText.of(view.free))
        for pool in node.pools {
            fields.add("Pool \(pool.name)", "\(pool.kind.rawValue), \(pool.available) of \(pool.total) available")
        }
        fields.add("KVM", kvm(node.facts.kvm))
        fields.add("VMM", "\(node.facts.vmm.rawValue) \(node.facts.vmmVersion), \(node.facts.overhead) beside each guest's memory")
        fields.add("Fencing", node.facts.fencing == .watchdog ? "by its guard, and by a watchdog behind that" : "by its guard alone (softFenced)")
        fields.add("Network", node.facts.network.map(network))
        fields.add("Architecture", node.facts.architecture.rawValue)
        fields.add("Traits", node.facts.traits.joined(separator: ", "))
        fields.add("Kernel", node.facts.kernel)
        fields.add("Agent", node.facts.agentVersion)
        fields.add("Registered", node.registeredAt.description)
        return fields.text
    }

    private static func network(_ network: NodeNetwork) -> String {
        switch network.mode {
        case .bridge: "bridge behind NAT, \(network.range.map(\.description) ?? "no range")"
        case .user: "user networking, each guest alone" + (network.reason.map { ": \($0)" } ?? "")
        }
    }

    private static func kvm(_ finding: KVMFinding) -> String {
        switch finding {
        case .absent: "absent: guests run under TCG"
        case .refused(let reason): "refused (\(reason)): guests run under TCG"
        case .emulated(let speed): "emulated, about \(speed) instructions a second: guests run under TCG"
        case .native(let speed): "native, about \(speed) instructions a second"
        }
    }
}
