import ClusterModel
import Dispatch
import FoundationEssentials
import GRDB

extension SQLiteStore {
    /// Between two steps, so that commits come first.
    private static let pause = Duration.milliseconds(2)
    /// Steps between two syncs of the copy: 8 MiB.
    private static let stepsToSync = 16

    package func copy(to path: String, synced: @escaping @Sendable () -> Bool) async throws(StoreError) {
        let copy = try LedgerCopy(path: path)
        defer { letGo(of: copy) }
        for step in 1... {
            let progress: LedgerCopy.Progress
            do {
                progress = try await database.writeWithoutTransaction { copy.step(from: $0.sqliteConnection) }
                if case .goesOn = progress { try await Task.sleep(for: Self.pause) }
            } catch is CancellationError {
                throw .unavailable("the copy was given up")
            } catch {
                throw Self.typed(error)
            }
            switch progress {
            case .done: return
            case .failed(let code): throw LedgerCopy.error(code)
            case .goesOn: if step % Self.stepsToSync == 0, await !Self.offPool(synced) { throw .unavailable("the copy can't be made durable") }
            }
        }
    }

    private func letGo(of copy: LedgerCopy) { database.writeWithoutTransaction { _ in copy.finish() } }

    private static func offPool(_ work: @escaping @Sendable () -> Bool) async -> Bool {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: work()) }
        }
    }

    package func settleRestored() async throws(StoreError) {
        try await write { try $0.execute(sql: "UPDATE head SET restored = NULL") }
    }

    func markRestored(at now: Timestamp) async throws(StoreError) {
        try await write { try $0.execute(sql: "UPDATE head SET restored = ?", arguments: [now.milliseconds]) }
    }

    /// Every checksum there is, also of what `load` does not read.
    package func verify() async throws(StoreError) {
        do {
            try await database.read { database in
                for (table, key, kind) in [
                    ("row", "key", "kind"), ("steps", "sequence", "\(SQLiteSchema.stepsKind)"), ("events", "sequence", "\(SQLiteSchema.eventsKind)"),
                    ("answer", "number", "\(SQLiteSchema.answerKind)"),
                ] {
                    let cursor = try Row.fetchCursor(database, sql: "SELECT \(kind), \(key), body, checksum FROM \(table)")
                    while let row = try cursor.next() {
                        guard RowChecksum.of(kind: row[0], key: row[1], body: row[2]) == row[3] else {
                            throw StoreError.damaged("\(table) \(row[1] as Int64) is not what was written")
                        }
                    }
                }
            }
        } catch {
            throw Self.typed(error)
        }
    }

    func close() throws(StoreError) {
        do { try database.close() } catch { throw Self.typed(error) }
    }
}
