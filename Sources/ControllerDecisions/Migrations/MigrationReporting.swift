import ClusterModel

/// What the two nodes of a migration say of it.
extension ClusterState {
    /// From the node that it belongs to.
    mutating func hearOwner(of id: InstanceID, _ observed: ObservedInstance, at now: Timestamp) {
        guard let record = instances[id]?.value, let migration = record.migration else { return }
        switch migration.phase {
        case .clearing: return
        case .switched:
            guard observed.generation >= migration.generation ?? .max, observed.migration == nil else { return }
            if observed.state == .running || observed.state == .stopped { clearFormerOwner(of: record, at: now) }
            return
        case .preparing, .sending: break
        }
        guard record.observed == (migration.live ? .running : .stopped) else {
            let state = record.observed?.rawValue ?? "gone"
            return abortMigration(of: id, .failed, "it is \(state) on \(record.instance.placement?.nodeName.text ?? "its node")", at: now)
        }
        guard let report = observed.migration, report.id == migration.operation, migration.phase == .sending else { return }
        switch report.stage {
        case .failed: abortMigration(of: id, .failed, said(report), at: now)
        case .sending: show(report.progress, of: migration.operation)
        case .handedOver:
            show(report.progress, of: migration.operation)
            note(id) { $0.handedOver = true }
            changeOwner(of: id, at: now)
        case .ready, .received: return
        }
    }

    /// From the other.
    mutating func hearPeer(of record: InstanceRecord, _ observed: ObservedInstance, from node: Node, at now: Timestamp) {
        guard let migration = record.migration, migration.isOpen else { return }
        guard observed.state != .failed else {
            let why = observed.reason.map { Printable($0, limit: 300).description } ?? "it gave no reason"
            return abortMigration(of: record.id, .failed, "node “\(node.name)” can't take it: \(why)", at: now)
        }
        guard let report = observed.migration, report.id == migration.operation else { return }
        switch report.stage {
        case .failed: abortMigration(of: record.id, .failed, said(report), at: now)
        case .ready, .received:
            guard let secret = report.secret, Digest(hex: secret) != nil else { return }
            guard migration.secret == nil || migration.secret == secret else {
                return abortMigration(of: record.id, .failed, "node “\(node.name)” has begun anew", at: now)
            }
            if migration.phase == .preparing { send(record, secret: secret) }
            guard report.stage == .received else { return }
            note(record.id) { $0.received = true }
            changeOwner(of: record.id, at: now)
        case .sending, .handedOver: return
        }
    }

    private func said(_ report: MigrationReport) -> String { report.reason.map { Printable($0, limit: 300).description } ?? "no reason was given" }

    /// The receiver listens: the owner is told where.
    private mutating func send(_ record: InstanceRecord, secret: String) {
        var record = record
        record.migration?.secret = secret
        record.migration?.phase = .sending
        record.instance.generation += 1
        record.desiredRevision = nextRevision
        put(record)
    }

    private mutating func note(_ id: InstanceID, _ change: (inout InstanceMigration) -> Void) {
        guard var record = instances[id]?.value, var migration = record.migration else { return }
        change(&migration)
        guard migration != record.migration else { return }
        record.migration = migration
        put(record)
    }

    private mutating func show(_ progress: TransferProgress?, of id: OperationID) {
        guard let progress, var operation = operations[id]?.value, operation.state == .running, operation.progress != progress else { return }
        operation.progress = TransferProgress(
            total: max(0, progress.total), remaining: max(0, progress.remaining), rate: max(0, progress.rate))
        put(operation)
    }
}
