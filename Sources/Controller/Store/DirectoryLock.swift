import FoundationEssentials
import Glibc
import Synchronization

/// Keeps a second controller out of a data directory until this one has run; the kernel lets go when the process ends, however it ends.
final class DirectoryLock: Sendable {
    private let held: Mutex<Int32?>

    init(directory: String) throws(ControllerStartError) {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw .notWritable(directory: directory, why: "it can't be made")
        }
        let descriptor = open("\(directory)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .notWritable(directory: directory, why: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let why = errno
            close(descriptor)
            throw why == EWOULDBLOCK ? .locked(directory: directory) : .notWritable(directory: directory, why: String(cString: strerror(why)))
        }
        held = Mutex(descriptor)
    }

    deinit { release() }

    func release() {
        held.withLock { held in
            guard let descriptor = held else { return }
            // Closing alone is not enough while a child between fork and exec still has the open file.
            flock(descriptor, LOCK_UN)
            close(descriptor)
            held = nil
        }
    }
}
