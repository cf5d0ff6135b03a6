import CSpawn
import Glibc

/// An exclusive lock on a file that ends with the process that took it.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// Throws a sentence when another holds it.
    init(_ path: String, ifHeld sentence: String) throws(WorkFailure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw WorkFailure("cannot open \(path): \(String(cString: strerror(errno)))") }
        let result = cspawn_lock(descriptor)
        guard result == 0 else {
            close(descriptor)
            throw WorkFailure(result == EAGAIN || result == EACCES ? sentence : "cannot lock \(path): \(String(cString: strerror(result)))")
        }
    }

    deinit {
        cspawn_unlock(descriptor)
        close(descriptor)
    }

    static func isHeld(_ path: String) -> Bool {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return cspawn_is_locked(descriptor) == 1
    }
}
