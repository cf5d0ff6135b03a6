import CSpawn
import CageDecisions
import Glibc

/// The parent of one VMM: it records it before it may run, holds its serial port, tells how it ended, and takes it along when it dies itself.
/// A fenced one it ends with the node's lease.
struct Cage {
    private static let tap: Int32 = 4
    /// The VMM's first descriptor of those that it gets by the cage's arguments.
    private static let firstGiven: Int32 = 5
    /// In a VMM that is confined.
    private static let descriptorLimit: UInt64 = 8192
    /// Beneath the instance's directory: where the VMM is, and where its root is made.
    private static let home = "vmm"
    private static let root = "root"

    private let arguments: CageArguments
    private var vmm: pid_t = 0
    private var startTime: UInt64 = 0
    private var complaints: Int32 = -1
    private var complaintLog: CappedLog
    private var console: Console
    private let serialOfVMM: Int32
    private var fence: Fence?
    private var group: ControlGroup?
    /// Nil: the VMM has the cage's own.
    private let user: uid_t?

    /// Takes the instance's lock, which is held for as long as this process lives.
    init(_ arguments: CageArguments) throws(CageFailure) {
        self.arguments = arguments
        fence =
            arguments.lease.isEmpty ? nil : try Fence(lease: arguments.lease, registry: arguments.registry, directory: arguments.directory)
        guard chdir(arguments.directory) == 0 else { throw CageFailure("cannot enter \(arguments.directory)", code: errno) }
        umask(0o077)
        for ignored in [SIGHUP, SIGINT, SIGTERM, SIGPIPE] { signal(ignored, SIG_IGN) }
        let lock = open("cage.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw CageFailure("cannot open cage.lock", code: errno) }
        let held = cspawn_lock(lock)
        guard held == 0 else { throw CageFailure(held == EAGAIN ? "another cage holds this instance" : "cannot lock cage.lock: error \(held)") }
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw CageFailure("cannot make a socket pair", code: errno)
        }
        serialOfVMM = ends[1]
        complaintLog = CappedLog(name: "vmm.log", limit: 64 << 10)
        console = try Console(serial: ends[0], logLimit: arguments.logLimit)
        user = try arguments.users?.take(for: arguments.directory.split(separator: "/").last.map(String.init) ?? "")
        Self.lowerOutOfMemoryScore()
    }

    /// The kernel's out-of-memory killer takes the cage last; without the right to say so the score stays.
    static func lowerOutOfMemoryScore() {
        let file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        write(file, "-999", 4)
        close(file)
    }

    mutating func start() throws(CageFailure) {
        for stale in ["exit.json", "vmm.json"] { unlink(stale) }
        try makeDirectories()
        let gate = try Pipe()
        let outcome = try Pipe()
        let errors = try Pipe()
        complaints = errors.output
        _ = fcntl(complaints, F_SETFL, O_NONBLOCK)
        // The child's report must stand above every descriptor that it is given.
        let report = fcntl(outcome.input, F_DUPFD_CLOEXEC, 500)
        try spawn(gate: gate.output, report: report, errors: errors.input)
        for descriptor in [gate.output, outcome.input, report, errors.input, serialOfVMM] { close(descriptor) }
        try record()
        try checkLease(gate)
        write(gate.input, "g", 1)
        close(gate.input)
        var refusal = cspawn_refusal()
        let failed = read(outcome.output, &refusal, MemoryLayout<cspawn_refusal>.size) == MemoryLayout<cspawn_refusal>.size
        close(outcome.output)
        if failed {
            forgetVMM()
            let what = withUnsafeBytes(of: &refusal.what) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            throw CageFailure("cannot \(what == arguments.command[0] ? "execute" : "confine the VMM:") \(what)", code: refusal.why)
        }
        Report.started()
    }

    /// Last before the VMM is let go, when it is on every record already.
    private mutating func checkLease(_ gate: Pipe) throws(CageFailure) {
        guard fence != nil else { return }
        try fence?.register(fencedVMM)
        guard fence?.mayStart() != true else { return }
        close(gate.input)
        // It holds the gate's other end too, and would wait for ever.
        kill(vmm, SIGKILL)
        forgetVMM()
        throw CageFailure("the node's lease is over")
    }

    private var fencedVMM: FencedVMM { FencedVMM(pid: vmm, startTime: startTime) }

    /// It never came to be.
    private func forgetVMM() {
        waitpid(vmm, nil, 0)
        group?.remove()
        fence?.unregister()
        unlink("vmm.json")
        for name in arguments.sockets + [Console.socketName] { unlink(name) }
    }

    /// Whatever the umask is, the VMM's user may enter where it is, which is beneath what nobody else may.
    private func makeDirectories() throws(CageFailure) {
        for name in [Self.home, Self.root] {
            guard mkdir(name, 0o755) == 0 || errno == EEXIST, chmod(name, 0o755) == 0 else { throw CageFailure("cannot make \(name)", code: errno) }
        }
    }

    private mutating func spawn(gate: Int32, report: Int32, errors: Int32) throws(CageFailure) {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        var given = [(null, Int32(0)), (errors, 1), (errors, 2), (serialOfVMM, 3)]
        if arguments.hasTap { given.append((Cage.tap, Cage.tap)) }
        var opened = [null]
        defer { for descriptor in opened { close(descriptor) } }
        for name in arguments.sockets { opened.append(try Listener.open(name)) }
        for file in arguments.files {
            let descriptor = open(file.path, file.flags | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { throw CageFailure("cannot open \(file.path)", code: errno) }
            opened.append(descriptor)
        }
        for (place, descriptor) in opened.dropFirst().enumerated() { given.append((descriptor, Cage.firstGiven + Int32(place))) }
        vmm = Words(arguments.command).use { command in
            Words(arguments.shown).use { shown in
                Words(arguments.devices).use { devices in child(command, shown, devices, given, gate: gate, report: report) }
            }
        }
        // The device goes with the last who has it open.
        if arguments.hasTap { close(Cage.tap) }
        guard vmm > 0 else { throw CageFailure("cannot make the VMM's process", code: -vmm) }
        group = arguments.group.isEmpty ? nil : ControlGroup(arguments.group, holding: vmm)
    }

    private func child(
        _ command: Words.List, _ shown: Words.List, _ devices: Words.List, _ given: [(Int32, Int32)], gate: Int32, report: Int32
    ) -> pid_t {
        let descriptors = given.map { cspawn_descriptor(from: $0.0, to: $0.1) }
        // Where the cage is itself, unless the VMM's root is another.
        let home = strdup(user == nil ? Self.home : "\(arguments.directory)/\(Self.home)")
        let root = strdup("\(arguments.directory)/\(Self.root)")
        defer { for path in [home, root] { free(path) } }
        var held = cspawn_confinement()
        held.isolate = cspawn_may_isolate()
        held.home = UnsafePointer(home)
        held.file_size = arguments.fileSize
        if let user {
            held.root = UnsafePointer(root)
            held.reads = shown.constant
            held.devices = devices.constant
            held.network = arguments.hasOwnNetwork ? 1 : 0
            held.user = user
            held.files = Self.descriptorLimit
            held.processes = arguments.processes
        }
        return cspawn_gated_child(
            command.pointer[0], command.pointer, environ, descriptors, Int32(descriptors.count), gate, report, 0, &held)
    }

    /// Written before the VMM may run, so that none ever runs unrecorded.
    private mutating func record() throws(CageFailure) {
        startTime = cspawn_start_time(vmm)
        let own = getpid()
        let user = user.map { ",\"user\":\($0)" } ?? ""
        try Report.file(
            "vmm.json",
            """
            {"bootID":"\(LeaseFile.bootText())","cage":\(own),"cageStartTime":\(cspawn_start_time(own)),"pid":\(vmm),"startTime":\(startTime)\(user)}

            """)
    }

    /// Returns when the VMM has ended and its end is on record.
    mutating func watch() {
        let end = cspawn_pidfd(vmm)
        var serialIsOpen = true
        while true {
            var polled = [
                pollfd(fd: end, events: Int16(POLLIN), revents: 0),
                pollfd(fd: serialIsOpen ? console.serial : -1, events: console.serialEvents, revents: 0),
                pollfd(fd: complaints, events: Int16(POLLIN), revents: 0),
                pollfd(fd: console.listener, events: Int16(POLLIN), revents: 0),
                pollfd(fd: console.client, events: console.clientEvents, revents: 0),
                pollfd(fd: fence?.timer ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
            if polled[5].revents != 0, fence?.look() == true {
                group?.kill()
                _ = cspawn_signal(end, SIGKILL)
            }
            if polled[4].revents != 0 { console.clientIsReady(hasHungUp: polled[4].revents & Int16(POLLHUP | POLLERR) != 0) }
            if polled[1].revents != 0 { serialIsOpen = console.serialIsReady() }
            if polled[2].revents != 0 { takeComplaints() }
            if polled[3].revents != 0 { console.acceptClient() }
            // Last, and only when it had nothing more to say, so that its last words are kept.
            if polled[0].revents != 0, polled[1].revents & Int16(POLLIN) == 0, polled[2].revents & Int16(POLLIN) == 0 { break }
        }
        recordEnd()
    }

    private mutating func takeComplaints() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { read(complaints, $0.baseAddress, $0.count) }
        if count > 0 {
            buffer.withUnsafeBytes { complaintLog.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        } else if count == 0 {
            close(complaints)
            complaints = -1
        }
    }

    private func recordEnd() {
        var status: Int32 = 0
        while waitpid(vmm, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        let how = signal == 0 ? "\"exited\":\((status >> 8) & 0xFF)" : "\"signal\":\(signal)"
        let isFenced = signal == SIGKILL && fence?.ended(fencedVMM) == true
        do { try Report.file("exit.json", "{\(how),\"leaseOver\":\(isFenced),\"pid\":\(vmm),\"startTime\":\(startTime)}\n") } catch {
            Report.toStandardError(error.sentence)
        }
        for name in arguments.sockets + [Console.socketName] { unlink(name) }
        fence?.unregister()
        group?.remove()
    }
}

/// Closed over exec on both ends.
struct Pipe {
    let output: Int32
    let input: Int32

    init() throws(CageFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw CageFailure("cannot make a pipe", code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        output = ends[0]
        input = ends[1]
    }
}
