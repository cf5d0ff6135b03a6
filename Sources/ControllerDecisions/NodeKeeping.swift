import ClusterModel
import Placement

/// What operators ask of nodes, and what silence makes of them.
extension ClusterState {
    mutating func setCordoned(_ key: NodeKey, _ cordoned: Bool, at now: Timestamp) throws(ErrorBody) -> Answer {
        var node = try find(key)
        guard node.cordoned != cordoned || (node.draining && !cordoned) else { return .node(node) }
        node.cordoned = cordoned
        if !cordoned {
            node.draining = false
            node.drain = nil
            endDrain(of: node, at: now)
        }
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
        if node.health != .lost, let visitor = visits.on(node.id).first.flatMap({ instances[$0]?.value }) {
            throw .conflict(
                "Node “\(node.name)” has a part in the migration of instance “\(visitor.instance.name)”; wait until that is over, or cancel it.")
        }
        guard held.isEmpty || node.health == .lost else {
            throw .conflict(
                "Node “\(node.name)” is \(node.health.rawValue) and holds \(held.count) instance\(held.count == 1 ? "" : "s"); "
                    + "delete them first, or wait until the node is lost.")
        }
        let volumes = storage.volumes(on: node.id)
        guard volumes.isEmpty || node.health == .lost else {
            throw .conflict(
                "Node “\(node.name)” is \(node.health.rawValue) and keeps \(volumes.count) volume\(volumes.count == 1 ? "" : "s"); "
                    + "delete them first, or wait until the node is lost.")
        }
        if node.health != .lost, let stray = storage.strays(on: node.id).first {
            throw .conflict("Node “\(node.name)” still takes away what it held of volume “\(stray.volume.name)”; wait until that is done.")
        }
        guard held.count <= LedgerSettings.Limit.tombstones - tombstones.count else {
            throw .tooMany(
                "Node “\(node.name)” holds \(held.count) instances, and the ledger remembers \(tombstones.count) removals that nodes have still to confirm."
            )
        }
        if let proof = node.silence?.proof { endDepartures(from: node, proof, at: now) }
        // What only its confirmation frees could run twice when the node is gone from the ledger and not from the world.
        if let left = unrest.departing(from: node.id).compactMap({ instances[$0]?.value }).first {
            throw .conflict(
                "Instance “\(left.instance.name)” moves away from node “\(node.name)” and may still run there: wait until that is confirmed, or, "
                    + "when the machine is off, say “berth node confirm-dead \(node.name)” first.")
        }
        for record in held { bury(record, with: node, at: now) }
        dropVisits(on: node.id, at: now)
        dropVolumes(on: node, at: now)
        dropCredential(of: node.id)
        step(.node(before: placementNode(node), after: nil))
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
        forget(record, "went with its node “\(node.name)”", at: now)
        // A node that was never told of it has nothing to take away.
        guard !record.isLeaving, !record.isQuarantined else { return }
        bury(record.told, generation: record.instance.generation + 1, on: node.id, .deleted, at: now)
    }

    /// - Parameter uptime: how long this controller has been running, by a clock that never goes back.
    mutating func healthTick(_ ages: [Command.NodeAge], uptime: Milliseconds, at now: Timestamp) -> Answer {
        learn(uptime: uptime)
        effects.uptime = uptime
        var lost: [Command.NodeAge] = []
        for entry in ages {
            guard let node = nodes[entry.node]?.value else { continue }
            let health = node.health.afterSilence(of: entry.age, timing: entry.timing)
            guard health != node.health else { continue }
            setHealth(health, of: node, silence: entry, at: now)
            if health == .lost { lost.append(entry) }
        }
        if !lost.isEmpty {
            brake(afterLossOf: lost, at: now)
            roomAppeared()
        }
        judgeMigrations(at: now)
        return .done
    }

    mutating func setHealth(_ health: Node.Health, of node: Node, silence: Command.NodeAge?, at now: Timestamp) {
        var node = node
        node.health = health
        switch health {
        case .alive: node.silence = nil
        case .suspect: node.silence = NodeSilence(since: now)
        case .lost:
            node.silence = NodeSilence(
                since: node.silence?.since ?? now, lostAt: now, lostRevision: nextRevision,
                proof: proofByLease(of: node, silence, at: now))
        }
        change(node)
        let silent = silence.map { "for \($0.age.count / 1000) s" } ?? "lately"
        let (level, reason, sentence): (Event.Level, String, String) =
            switch health {
            case .alive: (.info, "NodeAlive", "Node “\(node.name)” is heard from again.")
            case .suspect: (.warning, "NodeSuspect", "Node “\(node.name)” has not been heard from \(silent).")
            case .lost: (.error, "NodeLost", "Node “\(node.name)” has not been heard from \(silent) and counts as lost.")
            }
        note(level, reason, .node(node.id, name: node.name), sentence, at: now)
        let departing = unrest.departing(from: node.id).compactMap { instances[$0]?.value }
        for record in instances(on: node.id) + departing {
            var settled = record
            settle(&settled, reason: "node \(node.name) is \(health.rawValue)", at: now)
            if settled != record { put(settled) }
        }
    }

    /// A node as it is now, in the rows and in the engine.
    mutating func change(_ node: Node) {
        let before = placementNode(node.id)
        put(node)
        let after = placementNode(node)
        guard before != after else { return }
        step(.node(before: before, after: after))
        roomAppeared()
    }

    /// After a change of what placement sees of a node.
    mutating func admissionChanged(from before: PlacementNode?) {
        guard let id = before?.id, let node = nodes[id]?.value else { return }
        let after = placementNode(node)
        guard before != after else { return }
        step(.node(before: before, after: after))
        roomAppeared()
    }

    func placementNode(_ node: Node) -> PlacementNode {
        let isFull = node.facts.network?.range.map { addresses.isFull($0, on: node.id) } ?? false
        return PlacementNode(node, owesRemoval: owesRemoval(node.id), hasNoAddress: isFull)
    }

    func placementNode(_ id: NodeID) -> PlacementNode? { (nodes[id]?.value).map { placementNode($0) } }
}
