import FoundationEssentials
import Glibc

/// A process that `dev up` started. Its start time tells it from a stranger that got the same pid later.
struct DevProcess: Codable, Hashable {
    var name: String
    var pid: Int32
    /// Clock ticks since boot, and which boot.
    var startTicks: UInt64
    var bootID: String

    /// In a session of its own, so that the terminal's Ctrl-C and hang-up do not reach it.
    static func start(_ name: String, arguments: [String], log: String) throws -> DevProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // Whoever waits for the end of a pipe that this program was given shall not wait for the cluster's end.
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let program = try ownPath()
        var pid: pid_t = 0
        var pointers: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let result = posix_spawn(&pid, program, &actions, &attributes, &pointers, environ)
        guard result == 0 else { throw CommandFailure(.failed, "cannot start \(program): \(String(cString: strerror(result)))") }
        return DevProcess(name: name, pid: pid, startTicks: facts(of: pid)?.startTicks ?? 0, bootID: currentBootID)
    }

    var isRunning: Bool {
        // Takes the exit status of one that this program started.
        waitpid(pid, nil, WNOHANG)
        guard bootID == Self.currentBootID, let facts = Self.facts(of: pid) else { return false }
        return facts.startTicks == startTicks && facts.state != "Z"
    }

    /// SIGTERM, and SIGKILL when that is not enough; false when even that is not.
    func stop(within patience: Duration = .seconds(15)) async -> Bool {
        guard isRunning else { return true }
        kill(pid, SIGTERM)
        if await ends(within: patience) { return true }
        kill(pid, SIGKILL)
        return await ends(within: .seconds(5))
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

    /// Fields 3 and 22 of `/proc/PID/stat`; the second field holds the name, which may hold anything.
    private static func facts(of pid: pid_t) -> (state: Substring, startTicks: UInt64)? {
        guard let text = try? ConfigurationFile.text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let ticks = UInt64(fields[19]) else { return nil }
        return (fields[0], ticks)
    }

    private static func ownPath() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress, $0.count) }
        guard count > 0 else { throw CommandFailure(.failed, "cannot find this program's own file") }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}
