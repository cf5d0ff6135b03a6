import ClusterModel

extension ClusterState {
    /// A launch can be taken back, and a migration until the switch; what else is under way ends by itself or is superseded by the next request.
    mutating func cancel(_ id: OperationID, deletion: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        guard let operation = operations[id]?.value else {
            throw ErrorBody(code: .notFound, message: "There is no operation with the id \(id).")
        }
        guard operation.state == .running else {
            throw .conflict("The operation has \(operation.state == .failed ? "failed" : "ended as \(operation.state.rawValue)") already.")
        }
        if operation.kind == .migrate { return try cancelMigration(operation, at: now) }
        guard operation.kind == .launch else {
            throw .conflict("A \(operation.kind.rawValue) can't be cancelled, only a launch or a migration; ask for the opposite instead.")
        }
        guard instances[operation.instance] != nil else { throw .conflict("The instance of this operation is gone.") }
        _ = try delete(.id(operation.instance), operation: deletion, at: now)
        guard var cancelled = operations[id]?.value else { return .operation(operation) }
        cancelled.message = "Cancelled; the instance is deleted."
        put(cancelled)
        return .operation(cancelled)
    }

    private mutating func cancelMigration(_ operation: InstanceOperation, at now: Timestamp) throws(ErrorBody) -> Answer {
        guard let migration = instances[operation.instance]?.value.migration, migration.operation == operation.id, migration.isOpen else {
            throw .conflict("The migration has come to its end: the instance belongs to its next node already.")
        }
        abortMigration(of: operation.instance, .cancelled, "an operator cancelled it", at: now)
        return .operation(operations[operation.id]?.value ?? operation)
    }

    /// Drops the oldest operations that have ended, so that at most about `keep` remain; a thousand at a time.
    mutating func expireOperations(keeping keep: Int) -> Answer {
        var surplus = min(operations.count - keep, 1000)
        var passed = 0
        while passed < operationOrder.count, operations[operationOrder[passed].operation] == nil { passed += 1 }
        operationOrder.removeFirst(passed)
        for entry in operationOrder where surplus > 0 {
            guard let row = operations[entry.operation], row.key == entry.key, row.value.state != .running else { continue }
            remove(row.value)
            surplus -= 1
        }
        return .done
    }
}
