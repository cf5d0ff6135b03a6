import ClusterModel
import Placement

/// Where an instance may migrate to.
extension ClusterState {
    /// The engine as it would be if the instance were nowhere and its node took nothing.
    private static func without(_ record: InstanceRecord, _ engine: PlacementEngine) -> PlacementEngine {
        var engine = engine
        engine.release(record.id)
        if let id = record.instance.placement?.node, var node = engine.node(id) {
            if node.admission == .open { node.admission = .cordoned }
            engine.setNode(node)
        }
        return engine
    }

    func migrationTarget(of record: InstanceRecord, live: Bool, wished: NodeKey?) throws(ErrorBody) -> PlacementDecision {
        guard let wished else {
            do { return try freeTarget(of: record, live: live, in: engine) } catch {
                throw ErrorBody(
                    code: .noCapacity, message: "No other node can take instance “\(record.instance.name)”: \(Self.summary(error)).",
                    noPlacement: error)
            }
        }
        let node = try find(wished)
        if node.id == record.instance.placement?.node { throw .conflict("Instance “\(record.instance.name)” is on node “\(node.name)” already.") }
        let engine = Self.without(record, engine)
        if let why = unlike(record, node, live: live) ?? volumesKept(of: record, from: node, in: engine) {
            throw .conflict("Instance “\(record.instance.name)” can't migrate to “\(node.name)”: \(why).")
        }
        let request = Self.request(record.instance.spec, instance: record.id)
        guard engine.admits(request, on: node.id), let allocation = engine.allocation(for: request, on: node.id) else {
            let refusals = engine.explain(request).nodes.first { $0.node == node.id }?.refusals ?? []
            throw ErrorBody(
                code: .noCapacity,
                message:
                    "Node “\(node.name)” can't take instance “\(record.instance.name)”: it \(refusals.map(\.description).joined(separator: "; it "))."
            )
        }
        return PlacementDecision(
            node: node.id, nodeName: node.name, allocation: allocation, score: 0, policy: record.instance.spec.policy ?? engine.policy)
    }

    /// The best of those that are alike.
    func freeTarget(of record: InstanceRecord, live: Bool, in engine: PlacementEngine) throws(NoPlacement) -> PlacementDecision {
        var engine = Self.without(record, engine)
        let request = Self.request(record.instance.spec, instance: record.id)
        while true {
            let decision = try engine.place(request)
            guard let node = nodes[decision.node]?.value, (unlike(record, node, live: live) ?? volumesKept(of: record, from: node, in: engine)) != nil
            else { return decision }
            guard var closed = engine.node(node.id) else { return decision }
            closed.admission = .stale
            engine.setNode(closed)
        }
    }

    /// Why the target can't take over from the instance's node, as a part of a sentence; nil where it can.
    private func unlike(_ record: InstanceRecord, _ target: Node, live: Bool) -> String? {
        guard let placement = record.instance.placement, let source = nodes[placement.node]?.value else { return "it is on no node" }
        guard source.health == .alive else { return "its node “\(source.name)” is \(source.health.rawValue)" }
        guard target.health == .alive else { return "that node is \(target.health.rawValue)" }
        if graves[record.id]?.contains(target.id) ?? false { return "that node still takes away what it held of it before" }
        guard let theirs = target.facts.migration else { return "that node takes no migrations (its configuration's “migration”)" }
        guard let ours = source.facts.migration else { return "node “\(source.name)” sends no migrations (its configuration's “migration”)" }
        guard source.facts.architecture == target.facts.architecture else {
            return "that node is for \(target.facts.architecture.rawValue), and it runs on \(source.facts.architecture.rawValue)"
        }
        guard live else { return nil }
        guard ours.machine == theirs.machine else { return "its guest has the machine “\(ours.machine)”, and that node has “\(theirs.machine)”" }
        guard source.facts.vmmVersion == target.facts.vmmVersion else {
            return "its guest runs under \(source.facts.vmm.rawValue) \(source.facts.vmmVersion), and that node has \(target.facts.vmmVersion)"
        }
        return nil
    }

    /// Why it is where it is, with this copy of the engine taken back to that decision. Whoever migrates is still on its former node then.
    package func explanation(of record: InstanceRecord, asked request: PlacementRequest) -> Explanation {
        guard let placement = record.instance.placement, let held = engine.allocation(of: record.id), held.node != placement.node else {
            return engine.explain(request)
        }
        var without = engine
        without.release(record.id)
        if var former = without.node(held.node) {
            if former.admission == .open { former.admission = .cordoned }
            without.setNode(former)
        }
        var explanation = without.explain(request)
        // An operator may have named it.
        explanation.chosen = placement.node
        return explanation
    }
}
