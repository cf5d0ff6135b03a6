import ClusterModel

/// What becomes of fenced instances whose node is lost, and the brake on it.
extension ClusterState {
    /// Takes what is fenced off lost nodes, a bounded number at a time.
    /// - Returns: false when there is more to be done.
    mutating func recoverFromLostNodes(at now: Timestamp) -> Bool {
        guard unrest.isBroken, recoveryWaits == nil else { return true }
        var left = LedgerSettings.Limit.recoveredAtOnce
        for id in unrest.lost.sorted() {
            guard let node = nodes[id]?.value, let proof = node.silence?.proof else { continue }
            endDepartures(from: node, proof, at: now)
            for instance in unrest.leavers(of: id) {
                guard left > 0 else { return false }
                guard let record = instances[instance]?.value, tombstones.count < LedgerSettings.Limit.tombstones else { continue }
                left -= 1
                if record.instance.spec.desired == .deleted {
                    abandon(record, on: node, proof, at: now)
                } else {
                    recover(record, from: node, proof, at: now)
                }
            }
        }
        return true
    }

    /// It was being deleted and can't run any more: its room and its name are free, and what is left of it goes when its node is back.
    mutating func abandon(_ record: InstanceRecord, on node: Node, _ proof: FencingProof, at now: Timestamp) {
        endOperation(of: record, .succeeded, "Node “\(node.name)” is lost: \(proof.sentence).", at: now)
        if !record.isLeaving { bury(record.told, generation: record.instance.generation + 1, on: node.id, .deleted, at: now) }
        forget(record, "is deleted; what is left of it on node “\(node.name)” is taken away when that is back", at: now)
    }

    /// Instances that are to leave lost nodes, or have left them and wait for room.
    package var recovering: Int {
        let leaving = unrest.lost.reduce(0) { $0 + unrest.leavers(of: $1).count }
        return leaving + pending.count { instances[$0.instance]?.value.move != nil }
    }

    // MARK: The brake

    /// Why nothing is recovered now; nil when it is.
    package var recoveryWaits: String? {
        if let hold = recovery?.value.hold { return hold.message }
        guard !unrest.suspect.isEmpty, !unrest.lost.isEmpty else { return nil }
        let lost = lostAtOnce
        let silent = lost.count + unrest.suspect.count
        guard !lost.isEmpty, silent > allowedLosses(beside: lost.count) else { return nil }
        return "\(silent) of \(nodes.count) nodes are silent, of which \(unrest.suspect.count) may come back: recovery begins when that is known."
    }

    /// By silence, within the window, and since an operator's latest word. The wall clock has no say: it may jump.
    private var lostAtOnce: [NodeID] {
        let resumed = recovery?.value.resumedRevision ?? 0
        return unrest.lost.sorted().filter { id in
            guard let silence = nodes[id]?.value.silence, silence.proof?.kind ?? .lease == .lease else { return false }
            return losses.isWithin(settings.recovery.window, id) && silence.lostRevision ?? 1 > resumed
        }
    }

    /// Of the nodes that there were before these were lost.
    private func allowedLosses(beside count: Int) -> Int {
        max(1, (nodes.count - unrest.lost.count + count) * settings.recovery.maxLostShare / 1000)
    }

    /// Too much at once is rather a broken network, or a broken controller, than so many dead machines.
    mutating func brake(afterLossOf fresh: [Command.NodeAge], at now: Timestamp) {
        guard recovery?.value.hold == nil else { return }
        let lost = lostAtOnce
        if lost.count > allowedLosses(beside: lost.count), lost.contains(where: { unrest.holdsLeavers($0) }) {
            let share = settings.recovery.maxLostShare
            let percent = share % 10 == 0 ? "\(share / 10)" : "\(share / 10).\(share % 10)"
            let window = settings.recovery.window.count / 1000
            return hold(.manyNodesLost, "\(lost.count) of \(nodes.count) nodes were lost within \(window) s, and \(percent) % are allowed.", at: now)
        }
        let unheard = fresh.filter { !$0.wasHeard && unrest.holdsLeavers($0.node) }.compactMap { nodes[$0.node]?.value }
        guard let first = unheard.first else { return }
        let more = unheard.count > 1 ? " and \(unheard.count - 1) more" : ""
        hold(
            .controllerStarted,
            "This controller has just started and has never heard from node “\(first.name)”\(more): it may not be the node that is cut off.", at: now)
    }

    private mutating func hold(_ reason: RecoveryHold.Reason, _ message: String, at now: Timestamp) {
        var recovery = recovery?.value ?? Recovery()
        recovery.hold = RecoveryHold(reason: reason, message: message, since: now)
        put(recovery)
        note(
            reason == .operatorsWord ? .warning : .error, "RecoveryHeld", .cluster,
            "Automatic recovery has stopped: \(message) Go on with “berth cluster recovery resume”.", at: now)
    }

    // MARK: An operator's word

    mutating func holdRecovery(_ reason: RecoveryHold.Reason, _ message: String, at now: Timestamp) -> Answer {
        // A hold that came by itself says more than the word of an operator who has seen it.
        if recovery?.value.hold == nil || reason == .restoredStore { hold(reason, message, at: now) }
        return .recovery(recovery?.value ?? Recovery())
    }

    mutating func resumeRecovery(at now: Timestamp) -> Answer {
        guard var resumed = recovery?.value, resumed.hold != nil else { return .recovery(recovery?.value ?? Recovery()) }
        resumed.hold = nil
        resumed.resumedAt = now
        resumed.resumedRevision = nextRevision
        put(resumed)
        note(.info, "RecoveryResumed", .cluster, "Automatic recovery goes on, by an operator's word.", at: now)
        roomAppeared()
        return .recovery(resumed)
    }
}
