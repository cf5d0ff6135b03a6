import FoundationEssentials
import Glibc
import Synchronization

/// The room on the ledger's disk. Under the low-water mark nothing new is taken in, while what nodes report and what operators take away is still
/// committed; a ballast file gives that some more room when the disk is full all the same.
final class DiskRoom: Sendable {
    enum Level: Hashable, Sendable {
        case ample
        /// Below the low-water mark.
        case low
    }

    static let ballastBytes: Int64 = 64 << 20
    static let lowWater: Int64 = 128 << 20

    private let directory: String
    private let ballast: String
    private let lowWater: Int64
    private let state = Mutex<Level>(.ample)

    init(directory: String, lowWater: Int64 = DiskRoom.lowWater) {
        self.directory = directory
        self.lowWater = lowWater
        ballast = "\(directory)/ballast"
        look()
    }

    var level: Level { state.withLock { $0 } }

    var free: Int64 {
        var facts = statvfs()
        guard statvfs(directory, &facts) == 0 else { return .max }
        return Int64(clamping: UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize)).partialValue)
    }

    /// SQLite calls it an I/O error when a full disk has no room for the index of its write-ahead log.
    var isFull: Bool { free < 1 << 20 }

    private var hasBallast: Bool {
        var facts = stat()
        return stat(ballast, &facts) == 0 && facts.st_size >= Self.ballastBytes
    }

    /// Looks at the disk, and puts the ballast back where there is room for it again. True where the level changed.
    @discardableResult
    func look() -> Bool {
        let free = free
        if !hasBallast, free >= lowWater + 2 * Self.ballastBytes { layBallast() }
        let level: Level = free < lowWater ? .low : .ample
        return state.withLock { state in
            defer { state = level }
            return state != level
        }
    }

    /// When a commit found the disk full. False where there is no ballast left to give.
    func dropBallast() -> Bool {
        guard hasBallast, unlink(ballast) == 0 else { return false }
        look()
        return true
    }

    private func layBallast() {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // Half a ballast would be taken for none, and stays in the way.
        if posix_fallocate(descriptor, 0, off_t(Self.ballastBytes)) != 0 { unlink(ballast) }
    }
}
