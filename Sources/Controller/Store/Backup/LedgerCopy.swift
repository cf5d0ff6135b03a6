import Glibc
import GRDBSQLite

/// A copy of the ledger in the making. SQLite copies page by page, and writes that the same connection makes meanwhile go into the copy too, so that
/// it is whole however long it takes. Touched only in the ledger's own queue, or by nobody else: that is what makes `@unchecked` true.
final class LedgerCopy: @unchecked Sendable {
    enum Progress: Sendable {
        case goesOn
        case done
        case failed(Int32)
    }

    /// 512 KiB: well under the time of a commit.
    private static let pagesAtOnce: Int32 = 128

    private var target: OpaquePointer?
    private var backup: OpaquePointer?

    /// - Parameter path: an empty file.
    init(path: String) throws(StoreError) {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &target, flags, nil)
        guard code == SQLITE_OK else {
            sqlite3_close_v2(target)
            throw Self.error(code)
        }
        // The file is made durable by its owner once it is whole; a sync inside the last step would hold up the ledger's commits.
        sqlite3_exec(target, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2048", nil, nil, nil)
    }

    deinit { sqlite3_close_v2(target) }

    func step(from source: OpaquePointer?) -> Progress {
        if backup == nil { backup = sqlite3_backup_init(target, "main", source, "main") }
        guard let backup else { return .failed(sqlite3_errcode(target)) }
        switch sqlite3_backup_step(backup, Self.pagesAtOnce) {
        case SQLITE_OK, SQLITE_BUSY, SQLITE_LOCKED: return .goesOn
        case SQLITE_DONE: return .done
        case let code: return .failed(code)
        }
    }

    /// Lets go of the source; before it is closed, and in its queue.
    func finish() {
        sqlite3_backup_finish(backup)
        backup = nil
    }

    static func error(_ code: Int32) -> StoreError {
        switch code & 0xFF {
        case SQLITE_FULL: .full
        case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged(String(cString: sqlite3_errstr(code)))
        default: .unavailable("the copy can't be written: \(String(cString: sqlite3_errstr(code)))")
        }
    }
}
