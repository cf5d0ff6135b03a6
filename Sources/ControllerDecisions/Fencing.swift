import ClusterModel

/// Proofs that a node runs nothing, other than its lease's end.
extension ClusterState {
    mutating func confirmDead(_ key: NodeKey, diskGone: Bool, at now: Timestamp) throws(ErrorBody) -> Answer {
        let node = try find(key)
        guard node.health != .alive else {
            throw .conflict(
                "Node “\(node.name)” is alive: a machine that answers is not dead. Use “berth node drain \(node.name)” to empty it.")
        }
        prove(FencingProof(kind: .operatorsWord, sentence: "an operator said that node “\(node.name)” is dead"), of: node, at: now)
        note(
            .warning, "NodeConfirmedDead", .node(node.id, name: node.name),
            "An operator said that node “\(node.name)” is dead\(diskGone ? " and that its disk is gone" : "").", at: now)
        if diskGone {
            for tombstone in tombstones(on: node.id) {
                remove(tombstone)
                finishClearing(of: tombstone.instance.id, on: node.id, at: now)
            }
            dropStrays(on: node.id, leavingOnly: true, at: now)
        }
        guard let dead = nodes[node.id]?.value else { return .done }
        return .node(dead)
    }

    /// How a run of the fence command ended.
    mutating func fenced(_ attempt: FenceAttempt, at now: Timestamp) -> Answer {
        guard let node = nodes[attempt.node]?.value else { return .done }
        let subject = Event.Subject.node(node.id, name: node.name)
        let said = attempt.output.isEmpty ? "" : ", and said: \(Printable(attempt.output, limit: 400))"
        guard attempt.succeeded else {
            let next = attempt.attempt < attempt.attempts ? "it is tried again" : "say “berth node confirm-dead \(node.name)” when the machine is off"
            note(
                .error, "FenceFailed", subject,
                "The fence command for node “\(node.name)” failed (\(attempt.attempt) of \(attempt.attempts))\(said); \(next).", at: now)
            return .done
        }
        guard node.health != .alive, node.silence?.since == attempt.since else {
            note(
                .warning, "FenceOutdated", subject,
                "The fence command for node “\(node.name)” succeeded after the node was heard from again\(said).", at: now)
            return .done
        }
        note(.warning, "NodeFenced", subject, "The fence command for node “\(node.name)” succeeded\(said).", at: now)
        prove(FencingProof(kind: .hook, sentence: "the fence command for node “\(node.name)” succeeded"), of: node, at: now)
        return .done
    }

    /// From here on the node is lost, however short its silence.
    private mutating func prove(_ proof: FencingProof, of node: Node, at now: Timestamp) {
        if node.health != .lost { setHealth(.lost, of: node, silence: nil, at: now) }
        guard var proven = nodes[node.id]?.value else { return }
        var silence = proven.silence ?? NodeSilence(since: now, lostAt: now, lostRevision: nextRevision)
        silence.proof = proof
        proven.silence = silence
        change(proven)
        for record in instances(on: node.id) where record.instance.spec.desired == .deleted { abandon(record, on: proven, proof, at: now) }
        roomAppeared()
    }

    /// Nodes that hold fenced instances and that only the configured command can fence, in the order of their ids.
    package var nodesToFence: [Node] {
        guard let moment = settings.fence else { return [] }
        let silent = moment == .suspect ? unrest.lost.union(unrest.suspect) : unrest.lost
        return silent.sorted().compactMap { nodes[$0]?.value }.filter { node in
            node.silence?.proof == nil && node.facts.fencing == .softFenced && (unrest.holdsLeavers(node.id) || unrest.departures(from: node.id) > 0)
        }
    }

    /// What the end of its lease proves: not enough where a hung cage is covered by nothing and something better is configured.
    func proofByLease(of node: Node, _ silence: Command.NodeAge?, at now: Timestamp) -> FencingProof? {
        guard let silence, settings.fence == nil || node.facts.fencing != .softFenced else { return nil }
        return FencingProof(
            kind: .lease,
            sentence: "the lease of node “\(node.name)” is over since \(now), \(seconds(silence.age)) s after it was last heard, "
                + "and \(seconds(silence.timing.lostAfter)) s are enough")
    }

    private func seconds(_ time: Milliseconds) -> String {
        let tenths = time.count / 100
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
