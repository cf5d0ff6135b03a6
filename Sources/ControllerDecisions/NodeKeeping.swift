import ClusterModel
import Placement

/// What operators ask of nodes, and what silence makes of them.
extension ClusterState {
    mutating func setCordoned(_ key: NodeKey, _ cordoned: Bool, at now: Timestamp) throws(ErrorBody) -> Answer {
        var node = try find(key)
        guard node.cordoned != cordoned else { return .node(node) }
        node.cordoned = cordoned
        change(node)
        note(
            .info, cordoned ? "NodeCordoned" : "NodeUncordoned", .node(node.id, name: node.name),
            cordoned ? "Node “\(node.name)” takes no new instances." : "Node “\(node.name)” takes instances again.", at: now)
        return .node(node)
    }

    /// A lost node goes with everything it held; any other only when it is empty.
    mutating func removeNode(_ key: NodeKey, at now: Timestamp) throws(ErrorBody) -> Answer {
        let node = try find(key)
        let held = instances(on: node.id)
        guard held.isEmpty || node.health == .lost else {
            throw .conflict(
                "Node “\(node.name)” is \(node.health.rawValue) and holds \(held.count) instance\(held.count == 1 ? "" : "s"); "
                    + "delete them first, or wait until the node is lost.")
        }
        for record in held { bury(record, with: node, at: now) }
        step(.node(before: PlacementNode(node), after: nil))
        remove(node)
        note(
            .warning, "NodeRemoved", .node(node.id, name: node.name),
            "Node “\(node.name)” was removed\(held.isEmpty ? "" : " with \(held.count) instance\(held.count == 1 ? "" : "s")").", at: now)
        return .node(node)
    }

    /// Should the node come back under its id, it is told to take the instance away.
    private mutating func bury(_ record: InstanceRecord, with node: Node, at now: Timestamp) {
        let leaving = record.instance.spec.desired == .deleted
        endOperation(
            of: record, leaving ? .succeeded : .failed, "Node “\(node.name)” was removed with everything it held.", at: now)
        var desired = record.desired
        desired?.desired = .deleted
        desired?.generation += 1
        forget(record, "went with its node “\(node.name)”", at: now)
        guard let desired, tombstones.count < LedgerSettings.Limit.tombstones else { return }
        put(Tombstone(node: node.id, instance: desired, revision: nextRevision, at: now))
    }

    mutating func healthTick(_ ages: [Command.NodeAge], at now: Timestamp) -> Answer {
        for entry in ages {
            guard let node = nodes[entry.node]?.value else { continue }
            let health = node.health.afterSilence(of: entry.age, timing: settings.timing)
            if health != node.health { setHealth(health, of: node, silentFor: entry.age, at: now) }
        }
        return .done
    }

    mutating func setHealth(_ health: Node.Health, of node: Node, silentFor age: Milliseconds?, at now: Timestamp) {
        var node = node
        node.health = health
        change(node)
        let (level, reason, sentence): (Event.Level, String, String) =
            switch health {
            case .alive: (.info, "NodeAlive", "Node “\(node.name)” is heard from again.")
            case .suspect: (.warning, "NodeSuspect", "Node “\(node.name)” has not been heard from for \((age?.count ?? 0) / 1000) s.")
            case .lost: (.error, "NodeLost", "Node “\(node.name)” has not been heard from for \((age?.count ?? 0) / 1000) s and counts as lost.")
            }
        note(level, reason, .node(node.id, name: node.name), sentence, at: now)
        for record in instances(on: node.id) {
            var settled = record
            settle(&settled, reason: "node \(node.name) is \(health.rawValue)", at: now)
            if settled != record { put(settled) }
        }
    }

    /// A node as it is now, in the rows and in the engine.
    mutating func change(_ node: Node) {
        let before = nodes[node.id].map { PlacementNode($0.value) }
        let after = PlacementNode(node)
        put(node)
        guard before != after else { return }
        step(.node(before: before, after: after))
        roomAppeared()
    }
}
