import AgentDecisions
import CageDecisions
import ClusterModel
import FoundationEssentials
import Glibc
import Synchronization

/// The node's lease as cages and guard read it. Written in place, so that whoever has it open sees each renewal.
package final class LeaseFile: Sendable {
    private let descriptor: Int32
    private let path: String
    private let boot: BootID
    private let latest: Mutex<LeaseRecord?>

    /// Beyond this a deadline is none that was ever granted.
    private static let longest: UInt64 = 86_400_000_000_000

    package init(_ path: String) throws(WorkFailure) {
        guard let boot = BootID(RunningProcess.bootID()) else { throw WorkFailure("cannot read /proc/sys/kernel/random/boot_id") }
        self.path = path
        self.boot = boot
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw WorkFailure("cannot open \(path): \(String(cString: strerror(errno)))") }
        var bytes = [UInt8](repeating: 0, count: LeaseRecord.size)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let found = count == bytes.count ? LeaseRecord(bytes).flatMap { $0.boot == boot ? $0 : nil } : nil
        latest = Mutex(found)
        if found == nil { try write(deadline: 0) }
    }

    deinit { close(descriptor) }

    /// What an earlier agent of this boot was granted; nil where that is over.
    package func kept(at now: UInt64 = BootClock.nanoseconds) -> Duration? {
        guard let deadline = latest.withLock(\.self)?.deadline, deadline > now, deadline - now <= Self.longest else { return nil }
        return .nanoseconds(Int64(clamping: deadline))
    }

    /// On record before anything is started under it. Nothing is written for what says nothing new: a deadline passes by itself.
    package func put(_ standing: LeaseStanding) throws(WorkFailure) {
        guard case .held(let until) = standing else { return }
        let (seconds, attoseconds) = until.components
        let deadline = UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
        guard deadline != latest.withLock(\.self)?.deadline else { return }
        try write(deadline: deadline)
    }

    private func write(deadline: UInt64) throws(WorkFailure) {
        let record = LeaseRecord(boot: boot, deadline: deadline, sequence: BootClock.nanoseconds)
        let bytes = record.bytes
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw WorkFailure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        latest.withLock { $0 = record }
    }
}
