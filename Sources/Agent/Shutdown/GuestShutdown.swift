import AgentDecisions
import ClusterModel
import FoundationEssentials
import Glibc
import Logging

/// What a node does with its guests when the machine goes down: all of them are asked at once, and whoever is late is ended.
/// It needs no agent. Each is marked, so that the next boot starts what should run.
package enum GuestShutdown {
    package struct Outcome: Sendable {
        package enum Ending: Sendable { case poweredOff, endedHard, wouldNotEnd }

        package var instance: InstanceID
        package var name: Name?
        package var ending: Ending
    }

    private static let urge = Duration.seconds(4)
    /// A killed process is gone within this, or hangs in the kernel.
    private static let lastWait = Duration.seconds(5)

    package static func run(configuration: AgentConfiguration, logger: Logger) async -> [Outcome] {
        let bootID = RunningProcess.bootID()
        let running = InstanceDirectory.all(under: "\(configuration.dataDirectory)/instances").compactMap { directory in
            directory.read(InstanceDirectory.Process.self, from: .process).map { (directory, $0.vmm) }
        }.filter { $0.1.bootID == bootID && RunningProcess.isAlive($0.1) }
        for (directory, _) in running {
            do { try directory.write(InstanceDirectory.ShutdownMark(bootID: bootID), to: .shutdown) } catch {
                logger.error("guest not marked", metadata: ["instance": "\(directory.id)", "why": "\(error)"])
            }
        }
        return await withTaskGroup(of: Outcome.self) { group in
            for (directory, process) in running {
                group.addTask { await end(process, directory, within: configuration.shutdownTimeout.duration, logger) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.instance < $1.instance }
        }
    }

    private static func end(_ process: VMMProcess, _ directory: InstanceDirectory, within limit: Duration, _ logger: Logger) async -> Outcome {
        let name = directory.read(InstanceRecord.self, from: .record)?.desired.name
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            await powerDown(directory, logger)
            let next = min(deadline, ContinuousClock.now + urge)
            if await hasEnded(process, by: next) { return Outcome(instance: directory.id, name: name, ending: .poweredOff) }
        }
        RunningProcess.signal(process, SIGKILL)
        let isGone = await hasEnded(process, by: ContinuousClock.now + lastWait)
        return Outcome(instance: directory.id, name: name, ending: isGone ? .endedHard : .wouldNotEnd)
    }

    /// Over a control socket of its own: the other may be held by an agent.
    private static func powerDown(_ directory: InstanceDirectory, _ logger: Logger) async {
        do throws(WorkFailure) {
            let connection = try await QMPConnection(socket: InstanceDirectory.File.shutdownControl.rawValue, in: directory.path)
            try await connection.execute("system_powerdown")
            connection.close()
        } catch {
            logger.warning("guest not told to shut down", metadata: ["instance": "\(directory.id)", "why": "\(error)"])
        }
    }

    private static func hasEnded(_ process: VMMProcess, by deadline: ContinuousClock.Instant) async -> Bool {
        while RunningProcess.isAlive(process) {
            guard ContinuousClock.now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return true
    }
}
