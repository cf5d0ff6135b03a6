import FoundationEssentials
import GRDB

extension SQLiteStore {
    package func audit(after number: Int64, blocks: Int) async throws(StoreError) -> [AuditBlock] {
        do {
            return try await database.read { database in
                try Row.fetchAll(
                    database, sql: "SELECT first, last, body, hash FROM audit WHERE last > ? ORDER BY last LIMIT ?", arguments: [number, blocks]
                ).map { AuditBlock(first: $0[0], last: $0[1], body: $0[2], hash: $0[3]) }
            }
        } catch {
            throw Self.typed(error)
        }
    }

    package func auditEnds() async throws(StoreError) -> (head: AuditMark, anchor: AuditMark) {
        do { return try await database.read { try Self.auditEnds($0) } } catch { throw Self.typed(error) }
    }

    static func auditEnds(_ database: Database) throws -> (head: AuditMark, anchor: AuditMark) {
        guard let row = try Row.fetchOne(database, sql: "SELECT number, hash FROM auditAnchor") else {
            throw StoreError.damaged("the audit's anchor is missing")
        }
        let anchor = AuditMark(number: row[0], hash: row[1])
        let last = try Row.fetchOne(database, sql: "SELECT last, hash FROM audit ORDER BY last DESC LIMIT 1")
        return (last.map { AuditMark(number: $0[0], hash: $0[1]) } ?? anchor, anchor)
    }

    static func writeAudit(_ batch: StoreBatch, to database: Database) throws {
        if let block = batch.audit {
            try database.cachedStatement(sql: "INSERT INTO audit (last, first, body, hash) VALUES (?, ?, ?, ?)").execute(arguments: [
                block.last, block.first, block.body, block.hash,
            ])
        }
        guard let number = batch.forgetAuditThrough else { return }
        let last = try Row.fetchOne(database, sql: "SELECT last, hash FROM audit WHERE last <= ? ORDER BY last DESC LIMIT 1", arguments: [number])
        guard let last else { return }
        let (through, hash): (Int64, Data) = (last[0], last[1])
        try database.execute(sql: "UPDATE auditAnchor SET number = ?, hash = ?", arguments: [through, hash])
        try database.execute(sql: "DELETE FROM audit WHERE last <= ?", arguments: [through])
    }
}
