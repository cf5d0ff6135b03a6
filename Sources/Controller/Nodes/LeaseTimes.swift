import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Glibc
import Logging
import Synchronization

/// The times that leases are granted by as the cluster grows, and on disk the longest wait that goes with any that may be out:
/// a controller that starts here with shorter times waits for those of the one before.
final class LeaseTimes: Sendable {
    /// Nil where this controller grants no leases.
    let base: LeaseTiming?
    private let syncRate: Int64
    private let heartbeat: HeartbeatTiming
    private let file: String
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        var interval: Milliseconds
        var kept: Milliseconds
        /// Until here leases by the kept wait may be out.
        var keptUntil: Duration
    }

    /// What an earlier controller may have granted by, found at the start.
    let inherited: Milliseconds

    init(directory: String, base: LeaseTiming?, syncRate: Int64, heartbeat: HeartbeatTiming, logger: Logger) throws {
        self.base = base
        self.syncRate = syncRate
        self.heartbeat = heartbeat
        self.logger = logger
        file = "\(directory)/lease-wait"
        inherited = try Self.read(file, directory)
        let wait = base?.wait ?? .zero
        state = Mutex(
            State(interval: heartbeat.interval, kept: inherited, keptUntil: NodeSessions.now + max(inherited, wait).duration))
        guard wait <= inherited || Self.write(wait, to: file) else {
            if errno == ENOSPC { throw StoreError.full }
            throw ControllerStartError.notWritable(directory: directory, why: "lease-wait: \(String(cString: strerror(errno)))")
        }
        if wait > inherited { state.withLock { $0.kept = wait } }
    }

    /// Longer times take effect when they are on disk, shorter ones are put there when no lease by the longer is out.
    func follow(nodes: Int, _ sessions: NodeSessions) {
        let interval = LeaseScale.interval(heartbeat.interval, nodes: nodes, rate: syncRate)
        let lease = base.map { LeaseScale(base: $0, syncRate: syncRate).timing(nodes: nodes) }
        let wait = lease?.wait ?? .zero
        state.withLock { state in
            let now = NodeSessions.now
            if wait > state.kept || (wait < state.kept && now >= state.keptUntil) {
                guard Self.write(wait, to: file) else { return logger.error("lease-wait can't be written", metadata: ["file": "\(file)"]) }
                state.kept = wait
            }
            guard interval != state.interval else { return }
            state.interval = interval
            state.keptUntil = max(state.keptUntil, now + state.kept.duration)
            sessions.retime(heartbeat.scaled(to: interval, wait: wait), lease)
            logger.info("nodes sync at another interval", metadata: ["nodes": "\(nodes)", "interval": "\(interval)", "wait": "\(wait)"])
        }
    }

    /// Zero where no controller has ever granted a lease here.
    private static func read(_ file: String, _ directory: String) throws(ControllerStartError) -> Milliseconds {
        guard let data = try? Data(contentsOf: URL(filePath: file)) else { return .zero }
        let text = String(decoding: data.prefix(32), as: UTF8.self).filter { $0 != "\n" }
        guard let count = Int64(text), (0...86_400_000).contains(count) else {
            throw .store(directory: directory, why: "its file lease-wait holds no time; if no node has run for a day, remove it")
        }
        return Milliseconds(count)
    }

    private static func write(_ wait: Milliseconds, to file: String) -> Bool {
        let temporary = file + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        let bytes = Array("\(wait.count)\n".utf8)
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(temporary, file) == 0 else { return false }
        let folder = open(URL(filePath: file).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        return fsync(folder) == 0
    }
}
