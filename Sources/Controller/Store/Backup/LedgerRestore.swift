import ClusterAPI
import ClusterModel
import FoundationEssentials
import Glibc

/// From a backup to a data directory that a controller can start on. Everything in the backup is checked first.
package enum LedgerRestore {
    package struct Restored: Sendable {
        package var head: StoreHead
        package var rows: Int
    }

    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case notEmpty(directory: String, found: String)
        case unreadable(backup: String, why: String)
        case damaged(backup: String, what: String)
        case notWritten(directory: String, why: String)

        package var description: String {
            switch self {
            case .notEmpty(let directory, let found):
                "the data directory \(directory) is not empty (it holds “\(Printable(found, limit: 80))”): nothing was restored, so that no ledger is "
                    + "overwritten; move it away, or set another “dataDirectory”"
            case .unreadable(let backup, let why): "the backup \(backup) can't be read: \(why)"
            case .damaged(let backup, let what): "the backup \(backup) is damaged (\(what)), so nothing was restored; take another"
            case .notWritten(let directory, let why): "the data directory \(directory) can't be written: \(why)"
            }
        }
    }

    /// The ledger notes that it was restored: automatic recovery stays off until an operator has said that the old controller is dead.
    package static func restore(_ backup: String, into directory: String, at now: Timestamp) async throws(Failure) -> Restored {
        let found = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
        if let first = found.first { throw .notEmpty(directory: directory, found: first) }
        do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
            throw .notWritten(directory: directory, why: "it can't be made")
        }
        let arriving = "\(directory)/ledger.sqlite.part"
        defer { for suffix in ["", "-wal", "-shm", "-journal"] { unlink(arriving + suffix) } }
        let file = try await copy(backup, to: arriving, directory)
        let restored: Restored
        do { restored = try await check(arriving, at: now) } catch {
            throw .damaged(backup: backup, what: Self.words(error))
        }
        do { try file.keep(as: "\(directory)/ledger.sqlite") } catch { throw .notWritten(directory: directory, why: Self.words(error)) }
        return restored
    }

    private static func words(_ error: StoreError) -> String {
        switch error {
        case .damaged(let what), .unavailable(let what): what
        case .full, .lostTerm: error.description
        }
    }

    private static func copy(_ backup: String, to path: String, _ directory: String) async throws(Failure) -> CopiedLedger {
        let source = open(backup, O_RDONLY | O_CLOEXEC)
        var facts = stat()
        guard source >= 0, fstat(source, &facts) == 0 else {
            let why = String(cString: strerror(errno))
            if source >= 0 { close(source) }
            throw .unreadable(backup: backup, why: why)
        }
        defer { close(source) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw .unreadable(backup: backup, why: "it is no file") }
        let file: CopiedLedger
        do { file = try CopiedLedger(path: path) } catch { throw .notWritten(directory: directory, why: words(error)) }
        var left = Int(facts.st_size)
        while left > 0 {
            let sent = sendfile(file.descriptor, source, nil, min(left, 8 << 20))
            guard sent > 0 else {
                throw sent == 0
                    ? .unreadable(backup: backup, why: "it ended early") : .notWritten(directory: directory, why: String(cString: strerror(errno)))
            }
            left -= sent
        }
        return file
    }

    /// The last connection to close takes its write-ahead log away, so that the file alone is the ledger.
    private static func check(_ path: String, at now: Timestamp) async throws(StoreError) -> Restored {
        let store = try SQLiteStore(path: path, isNew: false)
        try await store.verify()
        try await store.markRestored(at: now)
        let stored = try await store.load()
        let audit = try await AuditVerifying.verify(store, head: nil)
        if let trouble = audit.trouble { throw .damaged("the audit's chain is broken: \(trouble)") }
        do { for row in stored.rows { _ = try RowCodec.change(row) } } catch { throw .damaged("a row can't be read: \(error)") }
        try store.close()
        return Restored(head: stored.head, rows: stored.rows.count)
    }
}
