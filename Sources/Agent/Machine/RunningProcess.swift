import AgentDecisions
import CSpawn
import ClusterModel
import Glibc

/// The machine's boot and its processes.
package enum RunningProcess {
    /// Nil where there is no such process, or only its remains.
    package static func startTime(of pid: Int32) -> UInt64? {
        let time = cspawn_start_time(pid)
        return time == 0 ? nil : time
    }

    package static func bootID() -> String {
        guard let text = DurableFile.read("/proc/sys/kernel/random/boot_id", limit: 64) else { return "unknown" }
        return String(decoding: text, as: UTF8.self).filter { $0 != "\n" }
    }

    /// Sends a signal to this very process and never to one that has its number by now.
    package static func signal(_ process: VMMProcess, _ signal: Int32) {
        let descriptor = cspawn_pidfd(process.pid)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard startTime(of: process.pid) == process.startTime else { return }
        _ = cspawn_signal(descriptor, signal)
    }

    package static func isAlive(_ process: VMMProcess) -> Bool { startTime(of: process.pid) == process.startTime }

    /// Calls back once when the process has ended, at once where it already has.
    package static func whenEnded(_ process: VMMProcess, _ ended: @escaping @Sendable () -> Void) {
        let descriptor = cspawn_pidfd(process.pid)
        guard descriptor >= 0, isAlive(process) else {
            if descriptor >= 0 { close(descriptor) }
            ended()
            return
        }
        let once = Once()
        let registration = DescriptorWatch.shared.add(descriptor) {
            guard let registration = once.take() else { return }
            DescriptorWatch.shared.remove(registration)
            close(descriptor)
            ended()
        }
        once.put(registration)
    }
}
