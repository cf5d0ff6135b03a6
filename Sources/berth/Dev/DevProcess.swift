import CSpawn
import Glibc
import StrictYAML

/// A process that `dev up` started. Its start time tells it from a stranger that got the same pid later.
struct DevProcess: Codable, Hashable {
    var name: String
    var pid: Int32
    /// Clock ticks since boot, and which boot.
    var startTicks: UInt64
    var bootID: String

    /// In a session of its own, so that the terminal's Ctrl-C and hang-up do not reach it, and without this program's other descriptors, so that
    /// whoever waits for the end of a pipe does not wait for the cluster's end.
    static func start(_ name: String, arguments: [String], log: String) throws -> DevProcess {
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw CommandFailure(.failed, "cannot open \(log): \(String(cString: strerror(errno)))") }
        defer { close(output) }
        let program = try ownPath()
        var pointers: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let descriptors = [cspawn_descriptor(from: output, to: STDOUT_FILENO), cspawn_descriptor(from: output, to: STDERR_FILENO)]
        var pid: pid_t = 0
        let result = cspawn_detached(program, &pointers, environ, descriptors, Int32(descriptors.count), &pid)
        guard result == 0 else { throw CommandFailure(.failed, "cannot start \(program): \(String(cString: strerror(result)))") }
        return DevProcess(name: name, pid: pid, startTicks: cspawn_start_time(pid), bootID: currentBootID)
    }

    var isRunning: Bool {
        // Takes the exit status of one that this program started.
        waitpid(pid, nil, WNOHANG)
        return bootID == Self.currentBootID && startTicks != 0 && cspawn_start_time(pid) == startTicks
    }

    /// SIGTERM, and SIGKILL when that is not enough; false when even that is not.
    func stop(within patience: Duration = .seconds(15)) async -> Bool {
        // Held before the start time is looked at, so that no signal reaches a stranger.
        let handle = cspawn_pidfd(pid)
        guard handle >= 0 else { return !isRunning }
        defer { close(handle) }
        guard isRunning else { return true }
        _ = cspawn_signal(handle, SIGTERM)
        if await ends(within: patience) { return true }
        _ = cspawn_signal(handle, SIGKILL)
        return await ends(within: .seconds(5))
    }

    /// Of a process that this program started; nil when it was killed, or had to be.
    func exitStatus(within patience: Duration) async -> Int32? {
        let end = ContinuousClock.now + patience
        var status: Int32 = 0
        while waitpid(pid, &status, WNOHANG) == 0 {
            guard .now < end else {
                _ = await stop()
                return nil
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
    }

    private func ends(within patience: Duration) async -> Bool {
        let end = ContinuousClock.now + patience
        while isRunning {
            guard .now < end else { return false }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return true
    }

    private static var currentBootID: String {
        String((try? ConfigurationFile.text("/proc/sys/kernel/random/boot_id"))?.prefix(36) ?? "")
    }

    private static func ownPath() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw CommandFailure(.failed, "cannot find this program's own file") }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
