import CSpawn
import CageDecisions
import Glibc

/// The node guard: ends fenced VMMs whose cages do not, and feeds the machine's watchdog while all is well. One for each node; it outlives the agent
/// and ends when there is neither an agent nor a fenced VMM.
struct Guard {
    private let arguments: GuardArguments
    private let registry: Registry
    private let lease: LeaseFile
    private let timer: Int32
    private let watchdog: Int32
    private var watch: GuardWatch

    /// Nil where another guards the node already.
    init?(_ arguments: GuardArguments) throws(CageFailure) {
        self.arguments = arguments
        umask(0o077)
        for ignored in [SIGHUP, SIGINT, SIGTERM, SIGPIPE] { signal(ignored, SIG_IGN) }
        Cage.lowerOutOfMemoryScore()
        let lock = open("\(arguments.directory)/guard.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw CageFailure("cannot open guard.lock", code: errno) }
        let held = cspawn_lock(lock)
        guard held == 0 else {
            if held == EAGAIN { return nil }
            throw CageFailure("cannot lock guard.lock", code: held)
        }
        let boot = try LeaseFile.boot()
        registry = Registry(directory: arguments.directory, boot: boot)
        lease = try LeaseFile(arguments.lease)
        timer = cspawn_boot_timer()
        guard timer >= 0 else { throw CageFailure("cannot make a timer", code: -timer) }
        watchdog = arguments.watchdog.map { open($0, O_WRONLY | O_CLOEXEC) } ?? -1
        watch = GuardWatch(boot: boot, feeds: watchdog >= 0)
        try tell()
    }

    /// For the agent: who guards, and what resets the machine when nobody can.
    private func tell() throws(CageFailure) {
        var seconds: Int32 = 0
        if watchdog >= 0 { seconds = max(0, cspawn_watchdog_timeout(watchdog, arguments.watchdogSeconds)) }
        let own = getpid()
        try Report.file(
            "\(arguments.directory)/guard.json",
            """
            {"bootID":"\(LeaseFile.bootText())","pid":\(own),"startTime":\(cspawn_start_time(own)),"watchdogSeconds":\(seconds)}

            """)
    }

    mutating func run() {
        while true {
            let entries = registry.living()
            let alive = entries.filter(\.vmmLives)
            let orders = watch.step(reading: lease.read(), alive: alive.map(\.vmm), at: cspawn_boot_time())
            for entry in alive where orders.kill.contains(entry.vmm) { kill(entry) }
            if orders.feed { feed("\0") }
            if entries.isEmpty, !hasAgent { break }
            cspawn_boot_timer_set(timer, orders.wakeAt)
            var polled = pollfd(fd: timer, events: Int16(POLLIN), revents: 0)
            _ = poll(&polled, 1, -1)
            var expirations: UInt64 = 0
            _ = read(timer, &expirations, 8)
        }
        // The driver's sign that the watchdog is no longer wanted.
        feed("V")
    }

    private func kill(_ entry: Registry.Entry) {
        let process = cspawn_pidfd(entry.vmm.pid)
        guard process >= 0 else { return }
        defer { close(process) }
        // Once more, now that the pid can't be given to another.
        guard entry.vmmLives else { return }
        registry.noteEnded(entry)
        if let groups = arguments.groups { ControlGroup(of: entry.name, under: groups).kill() }
        _ = cspawn_signal(process, SIGKILL)
    }

    private func feed(_ word: String) {
        guard watchdog >= 0 else { return }
        _ = Array(word.utf8).withUnsafeBytes { write(watchdog, $0.baseAddress, $0.count) }
    }

    private var hasAgent: Bool {
        let lock = open(arguments.agentLock, O_RDWR | O_CLOEXEC)
        guard lock >= 0 else { return false }
        defer { close(lock) }
        return cspawn_is_locked(lock) == 1
    }
}

/// `berth-cage --guard DIR LEASE --agent LOCK [--cgroups DIR] [--watchdog DEVICE SECONDS]`
struct GuardArguments {
    var directory = ""
    var lease = ""
    /// Held by the agent for as long as it runs.
    var agentLock = ""
    /// Where the instances' cgroups are.
    var groups: String?
    var watchdog: String?
    var watchdogSeconds: Int32 = 5

    init(_ words: [String]) throws(CageFailure) {
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            switch word {
            case "--guard":
                directory = rest.popFirst() ?? ""
                lease = rest.popFirst() ?? ""
            case "--agent": agentLock = rest.popFirst() ?? ""
            case "--cgroups": groups = rest.popFirst()
            case "--watchdog":
                watchdog = rest.popFirst()
                guard let seconds = rest.popFirst().flatMap({ Int32($0) }), seconds >= 1 else {
                    throw CageFailure("--watchdog needs a device and a number of seconds")
                }
                watchdogSeconds = seconds
            default: throw CageFailure("unknown argument \(word)")
            }
        }
        guard [directory, lease, agentLock].allSatisfy({ $0.hasPrefix("/") }) else {
            throw CageFailure("usage: berth-cage --guard DIR LEASE --agent LOCK [--cgroups DIR] [--watchdog DEVICE SECONDS]")
        }
    }
}
