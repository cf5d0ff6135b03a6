import ClusterModel
import Placement

/// How an instance leaves one node for another, so that at most one of them is ever told to run it.
extension ClusterState {
    /// From a node on which it surely does not run. It waits for room from here on; what is left of it there is taken away when the node comes back.
    mutating func recover(_ record: InstanceRecord, from node: Node, _ proof: FencingProof, at now: Timestamp) {
        var record = record
        endMigration(of: &record, .failed, "node “\(node.name)” is lost", at: now)
        let wasTold = !record.isLeaving
        if let allocation = engine.allocation(of: record.id) { step(.released(allocation)) }
        let told = record.told
        beginAnew(&record, at: now)
        record.instance.placement = nil
        if wasTold {
            bury(told, generation: record.instance.generation, on: node.id, .recovered, at: now)
            record.move = InstanceMove(from: node.id, fromName: node.name, proof: proof.sentence)
        }
        // What surely runs nowhere is stopped, whether or not there is room for it elsewhere.
        if record.instance.spec.desired == .stopped, currentOperation(of: record)?.kind == .stop {
            endOperation(of: record, .succeeded, "Node “\(node.name)” is lost: \(proof.sentence).", at: now)
        }
        openMove(of: &record, at: now)
        settle(&record, reason: "node \(node.name) is lost", at: now)
        put(record)
        note(
            .warning, "InstanceRecovering", .instance(record.id, name: record.instance.name),
            "Instance “\(record.instance.name)” is placed anew, since node “\(node.name)” is lost: \(proof.sentence).", at: now)
        roomAppeared()
    }

    /// Off a node that is alive, or that it was never told to: its room elsewhere is taken at once, and it is told there when it is gone here.
    /// - Returns: why not.
    mutating func move(_ record: InstanceRecord, from node: Node, at now: Timestamp) -> NoPlacement? {
        guard let held = engine.allocation(of: record.id) else { return nil }
        let decision: PlacementDecision
        do { decision = try Self.place(elsewhere: record, &engine) } catch { return error }
        var record = record
        let wasTold = !record.isLeaving
        let told = record.told
        step(.released(held))
        beginAnew(&record, at: now)
        record.instance.placement = allocate(decision, at: now)
        record.desiredRevision = nextRevision
        if wasTold {
            bury(told, generation: record.instance.generation, on: node.id, .moving, at: now)
            record.move = InstanceMove(from: node.id, fromName: node.name, proof: nil)
        }
        openMove(of: &record, at: now)
        settle(&record, reason: "moves from \(node.name) to \(decision.nodeName)", at: now)
        put(record)
        note(
            .info, "InstanceMoving", .instance(record.id, name: record.instance.name),
            "Instance “\(record.instance.name)” moves from \(node.name) to \(decision.nodeName): it ends there first.", at: now)
        return nil
    }

    /// Where it would go if it were nowhere. The engine is as it was afterwards.
    static func place(elsewhere record: InstanceRecord, _ engine: inout PlacementEngine) throws(NoPlacement) -> PlacementDecision {
        let held = engine.release(record.id)
        defer { if let held { engine.apply(.allocated(held)) } }
        return try engine.place(request(record.instance.spec, instance: record.id))
    }

    /// It is surely not on its former node any more: the next one may be told.
    mutating func arrive(_ record: InstanceRecord, why: String, at now: Timestamp) {
        guard let move = record.move, record.isLeaving else { return }
        var record = record
        record.move?.proof = why
        if !record.isPending { record.move = nil }
        record.desiredRevision = nextRevision
        settle(&record, reason: "gone from \(move.fromName)", at: now)
        put(record)
        note(
            .info, "InstanceLeft", .instance(record.id, name: record.instance.name),
            "Instance “\(record.instance.name)” is gone from \(move.fromName): \(why).", at: now)
        roomAppeared()
    }

    /// A lost node's lease is over, so that a fenced instance is not on it any more, and on a dead one nothing is.
    mutating func endDepartures(from node: Node, _ proof: FencingProof, at now: Timestamp) {
        for id in unrest.departing(from: node.id) {
            guard let record = instances[id]?.value, record.instance.spec.recovery == .fenced || proof.kind != .lease else { continue }
            if var tombstone = tombstones[TombstoneID(instance: id, node: node.id)]?.value {
                tombstone.cause = .recovered
                put(tombstone)
            }
            arrive(record, why: proof.sentence, at: now)
        }
    }

    /// The node is told to take it away, by a generation above all that it has seen, and until it has done so it is told nothing else.
    mutating func bury(_ told: DesiredInstance, generation: Int64, on node: NodeID, _ cause: Tombstone.Cause, at now: Timestamp) {
        var told = told
        told.desired = .deleted
        told.generation = generation
        put(Tombstone(node: node, instance: told, cause: cause, revision: nextRevision, at: now))
    }

    /// Nothing has been seen of it where it goes.
    private mutating func beginAnew(_ record: inout InstanceRecord, at now: Timestamp) {
        record.instance.generation += 1
        record.observed = nil
        // What a drain has stopped is wanted running, and here nothing drains it.
        if record.stoppedByDrain, record.instance.spec.desired == .stopped {
            record.instance.spec.desired = .running
            endOperation(of: record, .cancelled, "It runs elsewhere instead.", at: now)
        }
        record.stoppedByDrain = false
        let status = record.instance.status
        record.instance.status = InstanceStatus(state: status.state, observedGeneration: 0, since: status.since)
    }

    /// What somebody asked for and is still under way ends where it goes; else the move itself is the operation.
    private mutating func openMove(of record: inout InstanceRecord, at now: Timestamp) {
        if let running = currentOperation(of: record), running.state == .running { return }
        let id = OperationID(begunBy: record.instance.generation, of: record.id)
        guard operations[id] == nil else { return }
        record.operation = id
        put(
            InstanceOperation(
                id: id, kind: .move, instance: record.id, instanceName: record.instance.name, generation: record.instance.generation, createdAt: now))
    }
}
