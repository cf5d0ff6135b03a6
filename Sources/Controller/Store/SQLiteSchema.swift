import FoundationEssentials
import GRDB

enum SQLiteSchema {
    /// Steps are only ever added here, never changed: a database of any age becomes one of today.
    static var migrations: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("ledger") { database in
            try database.execute(
                sql: """
                    CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, sequence INTEGER NOT NULL);
                    INSERT INTO head VALUES (1, 0, 0);
                    CREATE TABLE row (key INTEGER PRIMARY KEY, kind INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL);
                    CREATE TABLE steps (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL, checksum INTEGER NOT NULL);
                    CREATE TABLE events (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL, checksum INTEGER NOT NULL);
                    CREATE TABLE answer (
                        number INTEGER PRIMARY KEY, key BLOB NOT NULL, fingerprint BLOB NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL,
                        at INTEGER NOT NULL, checksum INTEGER NOT NULL);
                    """)
        }
        migrator.registerMigration("a checked head, and whether it was restored") { database in
            try database.execute(
                sql: "ALTER TABLE head ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0; ALTER TABLE head ADD COLUMN restored INTEGER;")
            guard let row = try Row.fetchOne(database, sql: "SELECT epoch, sequence FROM head") else { return }
            try database.execute(
                sql: "UPDATE head SET checksum = ?", arguments: [checksum(of: StoreHead(epoch: row[0], sequence: row[1]))])
        }
        migrator.registerMigration("audit") { database in
            try database.execute(
                sql: """
                    CREATE TABLE audit (last INTEGER PRIMARY KEY, first INTEGER NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL);
                    CREATE TABLE auditAnchor (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, hash BLOB NOT NULL);
                    INSERT INTO auditAnchor VALUES (1, 0, zeroblob(32));
                    """)
        }
        return migrator
    }

    /// A head that went back by a flipped bit would let an old term write.
    static func checksum(of head: StoreHead) -> Int64 { RowChecksum.of(kind: headKind, key: head.epoch, body: Data("\(head.sequence)".utf8)) }

    /// The kinds under which checksums of what is not a row are made.
    static let headKind: Int64 = 100
    static let stepsKind: Int64 = 101
    static let eventsKind: Int64 = 102
    static let answerKind: Int64 = 103
}
