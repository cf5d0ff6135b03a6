import AgentDecisions
import ClusterModel
import FoundationEssentials
import Glibc
import Logging

/// Sees to it that the node guard runs while this agent does. The guard itself outlives the agent.
package actor NodeGuard {
    /// What the guard writes down of itself.
    private struct Record: Codable {
        var bootID: String
        var pid: Int32
        var startTime: UInt64
        var watchdogSeconds: Int32

        var process: VMMProcess { VMMProcess(pid: pid, startTime: startTime, bootID: bootID) }
    }

    private let cage: String
    private let run: RunDirectory
    private let agentLock: String
    private let groups: ControlGroups?
    private let watchdog: AgentConfiguration.Watchdog?
    private let logger: Logger
    private var watched: VMMProcess?
    private var isStarting = false

    private static let patience = Duration.seconds(5)
    private static let restart = Duration.seconds(1)

    package init(cage: String, run: RunDirectory, agentLock: String, groups: ControlGroups?, watchdog: AgentConfiguration.Watchdog?, logger: Logger) {
        self.cage = cage
        self.run = run
        self.agentLock = agentLock
        self.groups = groups
        self.watchdog = watchdog
        self.logger = logger
    }

    /// Starts the guard unless it runs. Whether it feeds a watchdog that resets the machine in time.
    @discardableResult
    package func ensure() async -> Bool {
        if let watched, RunningProcess.isAlive(watched) { return feeds(current) }
        guard !isStarting else { return false }
        isStarting = true
        defer { isStarting = false }
        do throws(WorkFailure) {
            if current.map({ RunningProcess.isAlive($0.process) }) != true { try await start() }
        } catch {
            logger.error("the node guard does not run: a stopped cage is covered by nothing", metadata: ["why": "\(error)"])
            return false
        }
        if let record = current { follow(record.process) }
        return feeds(current)
    }

    private var current: Record? {
        DurableFile.read(run.guardRecord, limit: 4096).flatMap { try? JSONDecoder().decode(Record.self, from: $0) }
    }

    private func feeds(_ record: Record?) -> Bool {
        guard let watchdog, let record else { return false }
        return record.watchdogSeconds > 0 && Int64(record.watchdogSeconds) * 1000 <= watchdog.within.count
    }

    private func start() async throws(WorkFailure) {
        unlink(run.guardRecord)
        var words = [cage, "--guard", run.registry, run.lease, "--agent", agentLock]
        if let groups { words += ["--cgroups", groups.path] }
        if let watchdog { words += ["--watchdog", watchdog.device, "\(max(1, watchdog.within.count / 1000))"] }
        try CageProcess.detach(words)
        let deadline = ContinuousClock.now + Self.patience
        while current.map({ RunningProcess.isAlive($0.process) }) != true {
            guard ContinuousClock.now < deadline, !Task.isCancelled else { throw WorkFailure("it did not come up within \(Self.patience)") }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func follow(_ process: VMMProcess) {
        guard watched != process else { return }
        watched = process
        RunningProcess.whenEnded(process) { [self] in Task { await ended(process) } }
    }

    private func ended(_ process: VMMProcess) async {
        guard watched == process else { return }
        watched = nil
        logger.warning("the node guard has ended and is started again")
        try? await Task.sleep(for: Self.restart)
        await ensure()
    }
}
