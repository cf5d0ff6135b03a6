import FoundationEssentials
import GRDB

/// The embedded store: one SQLite file in WAL mode, one connection, each commit on disk before it returns.
package final class SQLiteStore: StateStore {
    let database: DatabaseQueue
    private let keptEvents: Int

    /// - Parameters:
    ///   - keptEvents: how many journal entries of events `load` brings back, from the latest.
    ///   - maximumPages: of 4 KiB; beyond them a commit throws `full`.
    ///   - isNew: whether there may be no ledger yet; else a file that holds none is called damaged.
    package init(path: String, keptEvents: Int = 10_000, maximumPages: Int = 1 << 30, isNew: Bool = true) throws(StoreError) {
        self.keptEvents = keptEvents
        do {
            var configuration = Configuration()
            configuration.journalMode = .wal
            configuration.maximumReaderCount = 1
            configuration.busyMode = .timeout(2)
            configuration.prepareDatabase { database in
                try database.execute(
                    sql: "PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536; PRAGMA max_page_count = \(maximumPages);")
            }
            database = try DatabaseQueue(path: path, configuration: configuration)
            // GRDB sets NORMAL when it turns WAL on, and then a commit is lost with the power.
            try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try database.read { database in
                let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
                guard verdict == "ok" else { throw StoreError.damaged(verdict) }
                guard try isNew || database.tableExists("head") else { throw StoreError.damaged("it is no ledger of Berth") }
                guard try !SQLiteSchema.migrations.hasBeenSuperseded(database) else {
                    throw StoreError.unavailable("a later version of Berth has written it; use that version")
                }
            }
            try SQLiteSchema.migrations.migrate(database)
        } catch {
            throw Self.typed(error)
        }
    }

    package func campaign() async throws(StoreError) -> StoreHead {
        try await write { database in
            let head = StoreHead(epoch: try Self.head(database).epoch + 1, sequence: try Self.head(database).sequence)
            try Self.put(head, database)
            return head
        }
    }

    package func observe() async throws(StoreError) -> StoreHead {
        do { return try await database.read { try Self.head($0) } } catch { throw Self.typed(error) }
    }

    package func commit(_ batch: StoreBatch, expecting head: StoreHead) async throws(StoreError) -> StoreHead {
        try await write { database in
            let found = try Self.head(database)
            guard found == head, batch.sequence >= head.sequence else { throw StoreError.lostTerm(expected: head, found: found) }
            try Self.write(batch, to: database)
            let next = StoreHead(epoch: head.epoch, sequence: batch.sequence)
            try Self.put(next, database)
            return next
        }
    }

    package func load() async throws(StoreError) -> StoredState {
        let keptEvents = keptEvents
        do {
            return try await database.read { database in
                StoredState(
                    head: try Self.head(database), restoredAt: try Int64.fetchOne(database, sql: "SELECT restored FROM head"),
                    rows: try Self.rows(database),
                    events: try Self.journal(
                        database, kind: SQLiteSchema.eventsKind, sql: "SELECT sequence, body, checksum FROM events ORDER BY sequence DESC LIMIT ?",
                        argument: Int64(keptEvents)
                    ).reversed(),
                    answers: try Self.answerKeys(database))
            }
        } catch {
            throw Self.typed(error)
        }
    }

    package func steps(from sequence: Int64) async throws(StoreError) -> [JournalEntry] {
        do {
            return try await database.read { database in
                try Self.journal(
                    database, kind: SQLiteSchema.stepsKind,
                    sql: "SELECT sequence, body, checksum FROM steps WHERE sequence >= ? ORDER BY sequence", argument: sequence)
            }
        } catch {
            throw Self.typed(error)
        }
    }

    package func answer(_ number: Int64) async throws(StoreError) -> StoredAnswer? {
        do {
            return try await database.read { database in
                guard
                    let row = try Row.fetchOne(
                        database, sql: "SELECT key, fingerprint, status, body, at, checksum FROM answer WHERE number = ?", arguments: [number])
                else { return nil }
                let answer = StoredAnswer(number: number, key: row[0], fingerprint: row[1], status: row[2], body: row[3], at: row[4])
                guard RowChecksum.of(kind: SQLiteSchema.answerKind, key: number, body: answer.body) == row[5] else {
                    throw StoreError.damaged("answer \(number) is not what was written")
                }
                return answer
            }
        } catch {
            throw Self.typed(error)
        }
    }

    /// What durability rests on.
    package func pragmas() async throws(StoreError) -> (journal: String, synchronous: Int) {
        do {
            return try await database.read { database in
                (
                    try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "", try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1
                )
            }
        } catch {
            throw Self.typed(error)
        }
    }

    func write<Value: Sendable>(_ work: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        do { return try await database.write(work) } catch { throw Self.typed(error) }
    }
}

extension SQLiteStore {
    private static func write(_ batch: StoreBatch, to database: Database) throws {
        let put = try database.cachedStatement(sql: "INSERT OR REPLACE INTO row (key, kind, body, checksum) VALUES (?, ?, ?, ?)")
        for row in batch.puts {
            let checksum = RowChecksum.of(kind: row.kind.rawValue, key: row.key, body: row.body)
            try put.execute(arguments: [row.key, row.kind.rawValue, row.body, checksum])
        }
        let delete = try database.cachedStatement(sql: "DELETE FROM row WHERE key = ?")
        for key in batch.deletes { try delete.execute(arguments: [key]) }
        if let steps = batch.steps {
            try database.cachedStatement(sql: "INSERT INTO steps VALUES (?, ?, ?)").execute(arguments: [
                batch.sequence, steps, RowChecksum.of(kind: SQLiteSchema.stepsKind, key: batch.sequence, body: steps),
            ])
        }
        if let events = batch.events {
            try database.cachedStatement(sql: "INSERT INTO events VALUES (?, ?, ?)").execute(arguments: [
                batch.sequence, events, RowChecksum.of(kind: SQLiteSchema.eventsKind, key: batch.sequence, body: events),
            ])
        }
        let keep = try database.cachedStatement(sql: "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)")
        for answer in batch.answers {
            let checksum = RowChecksum.of(kind: SQLiteSchema.answerKind, key: answer.number, body: answer.body)
            try keep.execute(arguments: [answer.number, answer.key, answer.fingerprint, answer.status, answer.body, answer.at, checksum])
        }
        try writeAudit(batch, to: database)
        for (table, column, number) in [
            ("steps", "sequence", batch.forgetStepsThrough), ("events", "sequence", batch.forgetEventsThrough),
            ("answer", "number", batch.forgetAnswersThrough),
        ] {
            guard let number else { continue }
            try database.cachedStatement(sql: "DELETE FROM \(table) WHERE \(column) <= ?").execute(arguments: [number])
        }
    }

    private static func head(_ database: Database) throws -> StoreHead {
        guard let row = try Row.fetchOne(database.cachedStatement(sql: "SELECT epoch, sequence, checksum FROM head")) else {
            throw StoreError.damaged("the head is missing")
        }
        let head = StoreHead(epoch: row[0], sequence: row[1])
        guard SQLiteSchema.checksum(of: head) == row[2] else { throw StoreError.damaged("the head is not what was written") }
        return head
    }

    private static func put(_ head: StoreHead, _ database: Database) throws {
        try database.cachedStatement(sql: "UPDATE head SET epoch = ?, sequence = ?, checksum = ?")
            .execute(arguments: [head.epoch, head.sequence, SQLiteSchema.checksum(of: head)])
    }

    private static func rows(_ database: Database) throws -> [StoredRow] {
        var rows: [StoredRow] = []
        let cursor = try Row.fetchCursor(database, sql: "SELECT key, kind, body, checksum FROM row ORDER BY key")
        while let row = try cursor.next() {
            let key: Int64 = row[0]
            let body: Data = row[2]
            guard let kind = RowKind(rawValue: row[1]), RowChecksum.of(kind: kind.rawValue, key: key, body: body) == row[3] else {
                throw StoreError.damaged("row \(key) is not what was written")
            }
            rows.append(StoredRow(key: key, kind: kind, body: body))
        }
        return rows
    }

    private static func journal(_ database: Database, kind: Int64, sql: String, argument: Int64) throws -> [JournalEntry] {
        var entries: [JournalEntry] = []
        let cursor = try Row.fetchCursor(database, sql: sql, arguments: [argument])
        while let row = try cursor.next() {
            let entry = JournalEntry(sequence: row[0], body: row[1])
            guard RowChecksum.of(kind: kind, key: entry.sequence, body: entry.body) == row[2] else {
                throw StoreError.damaged("journal entry \(entry.sequence) is not what was written")
            }
            entries.append(entry)
        }
        return entries
    }

    private static func answerKeys(_ database: Database) throws -> [StoredState.AnswerKey] {
        var answers: [StoredState.AnswerKey] = []
        let cursor = try Row.fetchCursor(database, sql: "SELECT number, key, at FROM answer ORDER BY number")
        while let row = try cursor.next() { answers.append(.init(number: row[0], key: row[1], at: row[2])) }
        return answers
    }

    static func typed(_ error: any Error) -> StoreError {
        if let error = error as? StoreError { return error }
        guard let error = error as? DatabaseError else { return .unavailable("\(error)") }
        switch error.resultCode {
        case .SQLITE_FULL: return .full
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .damaged(error.message ?? "SQLite calls it malformed")
        default: return .unavailable(error.message ?? "SQLite error \(error.resultCode.rawValue)")
        }
    }
}
