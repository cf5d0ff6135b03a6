import ClusterModel
import Placement

/// What people ask of an instance that exists.
extension ClusterState {
    mutating func start(_ key: InstanceKey, operation: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        var record = try changeable(key)
        switch (record.instance.spec.desired, record.instance.status.state) {
        case (.running, .stopped), (.running, .failed), (.stopped, _): break
        case (.running, _), (.deleted, _): return .instance(record.instance, currentOperation(of: record))
        }
        record.instance.spec.desired = .running
        record.stoppedByDrain = false
        record.instance.status.restarts = 0
        return try command(&record, .start, operation, reason: "a start was asked for", at: now)
    }

    mutating func stop(
        _ key: InstanceKey, operation: OperationID, force: Bool, within: Milliseconds?, at now: Timestamp
    ) throws(ErrorBody) -> Answer {
        if let within { try LaunchCheck.stopTimeout(within) }
        var record = try changeable(key)
        if record.isPending {
            throw .conflict("Instance “\(record.instance.name)” still waits for room and does not run; delete it instead.")
        }
        if record.instance.spec.desired == .stopped {
            if record.stoppedByDrain {
                record.stoppedByDrain = false
                put(record)
            }
            let done = record.instance.status.state == .stopped
            if done || !force { return .instance(record.instance, currentOperation(of: record)) }
        }
        record.instance.spec.desired = .stopped
        record.stoppedByDrain = false
        record.stopWithin = force ? .zero : within
        return try command(&record, .stop, operation, reason: force ? "a hard stop was asked for" : "a stop was asked for", at: now)
    }

    mutating func reboot(_ key: InstanceKey, operation: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        var record = try changeable(key)
        guard record.instance.spec.desired == .running, record.instance.status.state == .running else {
            throw .conflict(
                "Instance “\(record.instance.name)” is \(record.instance.status.state.rawValue); only a running instance can be rebooted.")
        }
        record.instance.spec.reboots += 1
        return try command(&record, .reboot, operation, reason: "a reboot was asked for", at: now)
    }

    mutating func delete(_ key: InstanceKey, operation: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        var record = try find(key)
        if record.isQuarantined { throw quarantined(record) }
        if record.instance.spec.desired == .deleted { return .instance(record.instance, currentOperation(of: record)) }
        try checkUnprotected(record.instance)
        if record.migration != nil {
            abortMigration(of: record.id, .cancelled, "its deletion was asked for", at: now)
            record = try find(key)
            clearFormerOwner(of: record, at: now)
            record = try find(key)
        }
        guard record.isPending else {
            record.instance.spec.desired = .deleted
            return try command(&record, .delete, operation, reason: "its deletion was asked for", at: now)
        }
        try checkFree(operation)
        endOperation(of: record, .cancelled, "The instance was deleted while it waited for room.", at: now)
        let done = InstanceOperation(
            id: operation, kind: .delete, instance: record.id, instanceName: record.instance.name, project: record.instance.project,
            generation: record.instance.generation, state: .succeeded, createdAt: now, finishedAt: now)
        put(done)
        forget(record, "was deleted while it waited for room", at: now)
        record.instance.spec.desired = .deleted
        record.instance.status.state = .deleting
        return .instance(record.instance, done)
    }

    // MARK: Quarantine

    mutating func adopt(_ key: InstanceKey, at now: Timestamp) throws(ErrorBody) -> Answer {
        var record = try find(key)
        guard record.isQuarantined else {
            throw .conflict("Instance “\(record.instance.name)” is not quarantined, so there is nothing to adopt.")
        }
        record.adopted = true
        record.instance.spec.desired = .running
        advance(&record)
        settle(&record, reason: "adopted by an operator", at: now)
        put(record)
        note(
            .info, "InstanceAdopted", .instance(record.id, name: record.instance.name), "Instance “\(record.instance.name)” was adopted.", at: now)
        return .instance(record.instance, nil)
    }

    mutating func destroy(_ key: InstanceKey, operation: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        var record = try find(key)
        if record.found, record.instance.spec.desired == .deleted { return .instance(record.instance, currentOperation(of: record)) }
        guard record.isQuarantined else {
            throw .conflict("Instance “\(record.instance.name)” is not quarantined; use “berth instance delete”.")
        }
        record.instance.spec.desired = .deleted
        return try command(&record, .delete, operation, reason: "an operator destroys it", at: now)
    }

    private func quarantined(_ record: InstanceRecord) -> ErrorBody {
        .conflict(
            "Instance “\(record.instance.name)” was found on node “\(record.instance.placement?.nodeName.text ?? "?")” and is quarantined; "
                + "use “berth instance adopt” or “berth instance destroy”.")
    }

    // MARK: Shared by all

    func changeable(_ key: InstanceKey) throws(ErrorBody) -> InstanceRecord {
        let record = try find(key)
        if record.isQuarantined { throw quarantined(record) }
        if record.instance.spec.desired == .deleted { throw .conflict("Instance “\(record.instance.name)” is being deleted.") }
        if let migration = record.migration, migration.isOpen {
            throw .conflict(
                "Instance “\(record.instance.name)” migrates to \(migration.peerName); wait for it, or cancel it with "
                    + "“berth operation cancel \(migration.operation)”.")
        }
        return record
    }

    /// A new generation with an operation that lasts until the node has acted on it.
    mutating func command(
        _ record: inout InstanceRecord, _ kind: InstanceOperation.Kind, _ id: OperationID, reason: String, at now: Timestamp
    ) throws(ErrorBody) -> Answer {
        try checkFree(id)
        if currentOperation(of: record)?.state != .running { try checkOperations(in: record.instance.project) }
        endOperation(of: record, .cancelled, "A later request took its place: \(reason).", at: now)
        advance(&record)
        if kind != .stop { record.stopWithin = nil }
        record.operation = id
        settle(&record, reason: reason, at: now)
        let operation = InstanceOperation(
            id: id, kind: kind, instance: record.id, instanceName: record.instance.name, project: record.instance.project,
            generation: record.instance.generation, createdAt: now)
        put(record)
        put(operation)
        return .instance(record.instance, operation)
    }

    private func checkFree(_ id: OperationID) throws(ErrorBody) {
        if operations[id] != nil { throw .conflict("The id \(id) is in use.") }
    }

    private mutating func advance(_ record: inout InstanceRecord) {
        record.instance.generation += 1
        record.desiredRevision = nextRevision
    }

    mutating func settle(_ record: inout InstanceRecord, reason: String, at now: Timestamp) {
        let node = record.isLeaving ? record.move?.from : record.instance.placement?.node
        record.settle(health: node.map { nodes[$0]?.value.health ?? .lost }, at: now, reason: reason)
    }

    func currentOperation(of record: InstanceRecord) -> InstanceOperation? { record.operation.flatMap { operations[$0]?.value } }

    mutating func endOperation(of record: InstanceRecord, _ state: InstanceOperation.State, _ message: String?, at now: Timestamp) {
        guard var operation = currentOperation(of: record), operation.state == .running else { return }
        operation.state = state
        operation.message = message
        operation.finishedAt = now
        put(operation)
    }

    /// Takes an instance out of the ledger with the room that it held.
    mutating func forget(_ record: InstanceRecord, _ how: String, at now: Timestamp) {
        var record = record
        endMigration(of: &record, .failed, "the instance is gone", at: now)
        if let allocation = engine.allocation(of: record.id) {
            step(.released(allocation))
            roomAppeared()
        }
        if let seed = seeds[record.id]?.value { remove(seed) }
        dropStorage(of: record, at: now)
        remove(record)
        note(
            .info, "InstanceDeleted", .instance(record.id, name: record.instance.name), "Instance “\(record.instance.name)” \(how).", at: now)
    }
}
