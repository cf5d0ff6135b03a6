import ClusterModel
import Placement

/// How an instance goes to another node with its disks, and running where it runs. The ledger's row names one owner at every moment: the node that it is
/// placed on. The other starts nothing that runs, and the owner gives nothing up, before the commit in `changeOwner`.
extension ClusterState {
    mutating func migrate(_ key: InstanceKey, _ order: Command.Migrate, at now: Timestamp) throws(ErrorBody) -> Answer {
        let record = try changeable(key)
        let live = try checkMigratable(record, live: order.live)
        try Self.check(order.limits)
        if operations[order.operation] != nil { throw .conflict("The id \(order.operation) is in use.") }
        let decision = try migrationTarget(of: record, live: live, wished: order.target)
        var unfailed = record
        unfailed.failedMigrations = 0
        return begin(unfailed, to: decision, live: live, order.operation, order.limits, at: now)
    }

    private static func check(_ limits: MigrationLimits) throws(ErrorBody) {
        let range = MigrationLimits.downtimes
        guard range.contains(limits.maxDowntime.count) else {
            throw .invalid(
                "maxDowntimeMilliseconds: \(limits.maxDowntime.count) is out of range: \(range.lowerBound) to \(range.upperBound) is allowed.")
        }
        guard let bandwidth = limits.bandwidth, !MigrationLimits.bandwidths.contains(bandwidth.count) else { return }
        throw .invalid("bandwidthMiBPerSecond: \(bandwidth.count) is out of range: 1 to \(MigrationLimits.bandwidths.upperBound) is allowed.")
    }

    private func checkMigratable(_ record: InstanceRecord, live: Bool?) throws(ErrorBody) -> Bool {
        let name = record.instance.name
        if let why = immovable(record) { throw .conflict("Instance “\(name)” can't migrate: \(why).") }
        if let running = currentOperation(of: record), running.state == .running {
            throw .conflict("Instance “\(name)” can't migrate while its \(running.kind.rawValue) is under way; wait for that.")
        }
        switch record.instance.status.state {
        case .running where live ?? true: return true
        case .stopped where !(live ?? false): return false
        case .running: throw .conflict("Instance “\(name)” is running, and a cold migration needs it stopped: stop it first, or migrate it live.")
        case .stopped: throw .conflict("Instance “\(name)” is stopped, so there is nothing to migrate live; leave out --live.")
        case let other: throw .conflict("Instance “\(name)” is \(other.rawValue); only a running or a stopped instance can migrate.")
        }
    }

    /// Why it can't leave with all that it has, as a part of a sentence.
    func immovable(_ record: InstanceRecord) -> String? {
        if record.isPending { return "it still waits for room" }
        if record.found { return "it was adopted, and nobody knows what it was made from" }
        if let migration = record.migration { return "\(migration.peerName) still takes away what it held of it" }
        if record.move != nil { return "it moves already" }
        if record.instance.placement?.network != nil { return "its address is of its node's own network, which no other node has" }
        if let snapshot = storage.snapshots(of: record.id).first {
            return "its snapshot “\(snapshot.name)” is inside its disks and stays on its node: export what is to be kept, and delete it first"
        }
        if record.storage?.snapshots.isEmpty == false { return "a snapshot of it is being deleted" }
        return immovableVolumes(record)
    }

    mutating func begin(
        _ record: InstanceRecord, to decision: PlacementDecision, live: Bool, _ id: OperationID, _ limits: MigrationLimits, at now: Timestamp
    ) -> Answer {
        guard let target = nodes[decision.node]?.value, let facts = target.facts.migration, let source = record.instance.placement else {
            return .done
        }
        var record = record
        var room = decision.allocation
        room.instance = InstanceID(reservedFor: record.id)
        let number = step(.allocated(room))
        record.migration = InstanceMigration(
            operation: id, live: live, to: target, endpoint: facts.endpoint, reservation: room.instance, held: room.resources, decidedAt: now,
            revision: number, limits: limits)
        record.operation = id
        sendVolumes(of: record, to: target.id)
        record.desiredRevision = nextRevision
        let operation = InstanceOperation(
            id: id, kind: .migrate, instance: record.id, instanceName: record.instance.name, generation: record.instance.generation, createdAt: now)
        put(record)
        put(operation)
        note(
            .info, "InstanceMigrating", .instance(record.id, name: record.instance.name),
            "Instance “\(record.instance.name)” migrates \(live ? "live" : "with its disks") from \(source.nodeName) to \(target.name).", at: now)
        return .instance(record.instance, operation)
    }

    // MARK: The switch

    /// Both have said their last word, and neither runs it: from this commit on the other is its node.
    mutating func changeOwner(of id: InstanceID, at now: Timestamp) {
        guard var record = instances[id]?.value, var migration = record.migration, migration.phase == .sending,
            let source = record.instance.placement,
            migration.handedOver, migration.received || !migration.live, nodes[source.node]?.value.health == .alive,
            nodes[migration.peer]?.value.health == .alive, let held = engine.allocation(of: id),
            let reserved = engine.allocation(of: migration.reservation)
        else { return }
        step(.released(held))
        step(.released(reserved))
        step(.allocated(renamed(reserved, id)))
        step(.allocated(renamed(held, migration.reservation)))
        switchVolumes(of: id, to: migration.peer, migration.peerName)
        record.instance.placement = InstancePlacement(
            node: migration.peer, nodeName: migration.peerName, allocation: reserved.resources, decidedAt: migration.decidedAt,
            revision: migration.revision)
        // One number for what the former owner is told, one for the new.
        record.instance.generation += 2
        record.desiredRevision = nextRevision
        migration.phase = .switched
        migration.peer = source.node
        migration.peerName = source.nodeName
        migration.held = held.resources
        migration.secret = nil
        migration.generation = record.instance.generation
        record.migration = migration
        put(record)
        note(
            .info, "InstanceSwitched", .instance(id, name: record.instance.name),
            "Instance “\(record.instance.name)” belongs to \(record.instance.placement?.nodeName.text ?? "?") from here on, and no more to \(source.nodeName).",
            at: now)
    }

    private func renamed(_ allocation: Allocation, _ id: InstanceID) -> Allocation {
        var allocation = allocation
        allocation.instance = id
        return allocation
    }

    /// Its new node has it: what the former one holds may go.
    mutating func clearFormerOwner(of record: InstanceRecord, at now: Timestamp) {
        guard var migration = record.migration, migration.phase == .switched else { return }
        var record = record
        bury(record.told, generation: record.instance.generation, on: migration.peer, .migrated, at: now)
        clearVolumes(of: record.id, from: migration.peer)
        migration.phase = .clearing
        record.migration = migration
        record.failedMigrations = 0
        endOperation(of: record, .succeeded, nil, at: now)
        record.operation = nil
        put(record)
        note(
            .info, "InstanceMigrated", .instance(record.id, name: record.instance.name),
            "Instance “\(record.instance.name)” has migrated from \(migration.peerName) to \(record.instance.placement?.nodeName.text ?? "?").",
            at: now)
    }

    /// Nothing of it is left on its former node, and its room there is free.
    mutating func finishClearing(of id: InstanceID, on node: NodeID, at now: Timestamp) {
        guard var record = instances[id]?.value, let migration = record.migration, migration.phase == .clearing, migration.peer == node else {
            return
        }
        endMigration(of: &record, .succeeded, nil, at: now)
        put(record)
        roomAppeared()
    }

    // MARK: The way back

    /// It stays where it is: the other node takes away what it has got.
    mutating func abortMigration(of id: InstanceID, _ state: InstanceOperation.State, _ why: String, at now: Timestamp) {
        guard var record = instances[id]?.value, let migration = record.migration, migration.isOpen else { return }
        if state == .failed { record.failedMigrations += 1 }
        endMigration(of: &record, state, why, at: now)
        record.instance.generation += 1
        record.desiredRevision = nextRevision
        put(record)
        note(
            state == .failed ? .warning : .info, "MigrationEnded", .instance(id, name: record.instance.name),
            "Instance “\(record.instance.name)” stays on \(record.instance.placement?.nodeName.text ?? "?") and does not migrate to "
                + "\(migration.peerName): \(why).", at: now)
        roomAppeared()
    }

    /// The second node's room is free, and it is told to take away what it holds.
    mutating func endMigration(of record: inout InstanceRecord, _ state: InstanceOperation.State, _ why: String?, at now: Timestamp) {
        guard let migration = record.migration else { return }
        if let room = engine.allocation(of: migration.reservation) { step(.released(room)) }
        if migration.phase != .clearing {
            bury(record.told, generation: record.instance.generation + 1, on: migration.peer, .migrated, at: now)
            clearVolumes(of: record.id, from: migration.peer)
        }
        if record.operation == migration.operation {
            endOperation(of: record, state, why, at: now)
            record.operation = nil
        }
        record.migration = nil
    }

    // MARK: What time and nodes make of it

    /// A receiver that is lost gets nothing any more, and one that does not get ready has had its time.
    mutating func judgeMigrations(at now: Timestamp) {
        for id in visits.all {
            guard let record = instances[id]?.value, let migration = record.migration, migration.isOpen else { continue }
            if nodes[migration.peer]?.value.health ?? .lost == .lost {
                abortMigration(of: id, .failed, "node “\(migration.peerName)” is lost", at: now)
            } else if migration.phase == .preparing,
                now.milliseconds - migration.decidedAt.milliseconds > InstanceMigration.preparingLimit.count
            {
                abortMigration(of: id, .failed, "node “\(migration.peerName)” was not ready within \(InstanceMigration.preparingLimit)", at: now)
            }
        }
    }

    /// A node goes with all the room that was held there.
    mutating func dropVisits(on node: NodeID, at now: Timestamp) {
        for id in visits.on(node) {
            guard let migration = instances[id]?.value.migration else { continue }
            if migration.isOpen {
                abortMigration(of: id, .failed, "node “\(migration.peerName)” was removed", at: now)
            } else if var record = instances[id]?.value {
                endMigration(of: &record, .succeeded, nil, at: now)
                put(record)
            }
        }
        dropStrays(on: node, at: now)
    }
}
