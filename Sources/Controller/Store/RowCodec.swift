import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials

/// The ledger's values as the store's rows, and back. JSON, so that a row of any age and version can be read and repaired by people.
enum RowCodec {
    static func batch(_ effects: Effects, sequence: Int64) throws -> StoreBatch {
        var batch = StoreBatch(sequence: sequence)
        let encoder = JSONEncoder()
        // Of several changes of one row in a batch only the last needs writing.
        var last: [Int64: Int] = [:]
        for (index, change) in effects.changes.enumerated() { last[key(of: change.change)] = index }
        for (index, change) in effects.changes.enumerated() where last[key(of: change.change)] == index {
            switch change.change {
            case .node(let edit): try add(edit, .node, encoder, &batch)
            case .instance(let edit): addWritten(edit, .instance, &batch)
            case .size(let edit): try add(edit, .size, encoder, &batch)
            case .image(let edit): try add(edit, .image, encoder, &batch)
            case .operation(let edit): addWritten(edit, .operation, &batch)
            case .tombstone(let edit): try add(edit, .tombstone, encoder, &batch)
            case .key(let edit): try add(edit, .key, encoder, &batch)
            case .seed(let edit): try add(edit, .seed, encoder, &batch)
            case .recovery(let edit): try add(edit, .recovery, encoder, &batch)
            case .joinToken(let edit): try add(edit, .joinToken, encoder, &batch)
            case .credential(let edit): try add(edit, .credential, encoder, &batch)
            case .volume(let edit): try add(edit, .volume, encoder, &batch)
            case .snapshot(let edit): try add(edit, .snapshot, encoder, &batch)
            case .access(.project(let edit)): try add(edit, .project, encoder, &batch)
            case .access(.account(let edit)): try add(edit, .account, encoder, &batch)
            case .access(.token(let edit)): try add(edit, .token, encoder, &batch)
            case .capacity(let edit): try add(edit, .capacity, encoder, &batch)
            }
        }
        if !effects.steps.isEmpty { batch.steps = try StepCodec.encode(effects.steps) }
        if !effects.events.isEmpty { batch.events = JSONWriter.data(effects.events, capacity: effects.events.count * 320) }
        return batch
    }

    static func change(_ row: StoredRow) throws -> Change {
        func read<Value: Decodable & Sendable>(_ type: Value.Type) throws -> Edit<Value> {
            Edit(before: nil, after: Row(key: row.key, value: try JSONDecoder().decode(Value.self, from: row.body)))
        }
        /// A hundred thousand of these stand between a restart and its first answer.
        func readHot<Value: Decodable & JSONRead & Sendable>(_ type: Value.Type) throws -> Edit<Value> {
            guard let value = Value(json: row.body) else { return try read(type) }
            return Edit(before: nil, after: Row(key: row.key, value: value))
        }
        return switch row.kind {
        case .node: .node(try read(Node.self))
        case .instance: .instance(try readHot(InstanceRecord.self))
        case .size: .size(try read(Size.self))
        case .image: .image(try read(Image.self))
        case .operation: .operation(try readHot(InstanceOperation.self))
        case .tombstone: .tombstone(try read(Tombstone.self))
        case .key: .key(try read(SSHKey.self))
        case .seed: .seed(try read(KeptSeed.self))
        case .recovery: .recovery(try read(Recovery.self))
        case .joinToken: .joinToken(try read(JoinToken.self))
        case .credential: .credential(try read(NodeCredential.self))
        case .volume: .volume(try read(VolumeRecord.self))
        case .snapshot: .snapshot(try read(Snapshot.self))
        case .project: .access(.project(try read(Project.self)))
        case .account: .access(.account(try read(Account.self)))
        case .token: .access(.token(try read(KeptToken.self)))
        case .capacity: .capacity(try read(CapacitySample.self))
        }
    }

    /// In the order of the rows, on every core.
    static func changes(_ rows: [StoredRow]) async throws -> [Change] {
        let size = 2048
        return try await withThrowingTaskGroup(of: (Int, [Change]).self) { group in
            for start in stride(from: 0, to: rows.count, by: size) {
                group.addTask { (start, try rows[start..<min(start + size, rows.count)].map(change)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    /// Of entries that each hold those of one batch.
    static func latestEvents(_ entries: [JournalEntry], count: Int) throws -> [Event] {
        var batches: [[Event]] = []
        var found = 0
        for entry in entries.reversed() where found < count {
            batches.append(try events(entry))
            found += batches.last?.count ?? 0
        }
        return Array(batches.reversed().joined().suffix(count))
    }

    private static func events(_ entry: JournalEntry) throws -> [Event] { try JSONDecoder().decode([Event].self, from: entry.body) }

    private static func add<Value: Encodable & Sendable>(
        _ edit: Edit<Value>, _ kind: RowKind, _ encoder: JSONEncoder, _ batch: inout StoreBatch
    ) throws {
        if let after = edit.after {
            batch.puts.append(StoredRow(key: after.key, kind: kind, body: try encoder.encode(after.value)))
        } else if let before = edit.before {
            batch.deletes.append(before.key)
        }
    }

    private static func addWritten<Value: JSONWritten & Sendable>(_ edit: Edit<Value>, _ kind: RowKind, _ batch: inout StoreBatch) {
        if let after = edit.after {
            batch.puts.append(StoredRow(key: after.key, kind: kind, body: JSONWriter.data(after.value)))
        } else if let before = edit.before {
            batch.deletes.append(before.key)
        }
    }

    private static func key(of change: Change) -> Int64 {
        func key<Value>(_ edit: Edit<Value>) -> Int64 { edit.after?.key ?? edit.before?.key ?? 0 }
        return switch change {
        case .node(let edit): key(edit)
        case .instance(let edit): key(edit)
        case .size(let edit): key(edit)
        case .image(let edit): key(edit)
        case .operation(let edit): key(edit)
        case .tombstone(let edit): key(edit)
        case .key(let edit): key(edit)
        case .seed(let edit): key(edit)
        case .recovery(let edit): key(edit)
        case .joinToken(let edit): key(edit)
        case .credential(let edit): key(edit)
        case .volume(let edit): key(edit)
        case .snapshot(let edit): key(edit)
        case .access(.project(let edit)): key(edit)
        case .access(.account(let edit)): key(edit)
        case .access(.token(let edit)): key(edit)
        case .capacity(let edit): key(edit)
        }
    }
}
