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
        return migrator
    }

    /// The kinds under which checksums of what is not a row are made.
    static let stepsKind: Int64 = 101
    static let eventsKind: Int64 = 102
    static let answerKind: Int64 = 103
}
