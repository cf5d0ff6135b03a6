import Agent
import AgentDecisions
import CSpawn
import CageDecisions
import ClusterModel
import Foundation
import Logging
import Testing

/// A node's run directory, and cages that run a shell under its lease.
private struct FencedNode {
    let scratch: Scratch
    let run: RunDirectory
    let lease: LeaseFile

    init() throws {
        scratch = try Scratch()
        run = try RunDirectory(path: "\(scratch.path)/run")
        lease = try LeaseFile(run.lease)
    }

    func grant(_ time: Duration) throws { try lease.put(.held(until: BootClock.now + time)) }

    /// An instance's directory with a VMM in it that lasts a minute.
    func start(_ script: String = "exec sleep 60") async throws -> InstanceDirectory {
        let directory = InstanceDirectory(id: .random(), under: scratch.path)
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        try await start(in: directory, script)
        return directory
    }

    func start(in directory: InstanceDirectory, _ script: String = "exec sleep 60") async throws {
        let settings = QEMUSettings(binary: "/bin/sh", cage: LocalNode.cage, accelerator: .tcg)
        try await CageProcess.start(settings, in: directory.path, command: ["/bin/sh", "-c", script], under: run)
    }

    func process(_ directory: InstanceDirectory) throws -> InstanceDirectory.Process {
        try #require(directory.read(InstanceDirectory.Process.self, from: .process))
    }

    func end(_ directory: InstanceDirectory) async throws -> VMMExit {
        try await eventually("the cage writes how it ended", within: 10) { directory.read(InstanceDirectory.End.self, from: .end)?.exit }
    }

    /// Whose lock an agent holds for as long as the identity lives.
    func identity() throws -> NodeIdentity { try NodeIdentity(directory: scratch.path) }

    func guarding(watchdog: AgentConfiguration.Watchdog? = nil) -> NodeGuard {
        NodeGuard(
            cage: LocalNode.cage, run: run, agentLock: "\(scratch.path)/agent.lock", groups: .standard, watchdog: watchdog,
            logger: Logger(label: "test"))
    }

    /// Since it was written, in seconds; a busy machine lets a test look long after.
    func age(of file: String) throws -> Double {
        let date = try #require(try FileManager.default.attributesOfItem(atPath: file)[.modificationDate] as? Date)
        return -date.timeIntervalSinceNow
    }

    var registered: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: run.registry)) ?? []).filter { InstanceID($0) != nil }
    }

    func guardPid() throws -> Int32 {
        struct Record: Decodable { var pid: Int32 }
        return try JSONDecoder().decode(Record.self, from: Data(contentsOf: URL(filePath: run.guardRecord))).pid
    }
}

@Suite("a cage under a lease", .timeLimit(.minutes(2)))
struct FencedCageTests {
    @Test("at the lease's end, and not before, the VMM is ended; that is told, and the register is empty again")
    func lapse() async throws {
        let node = try FencedNode()
        // Time enough for a busy machine to start it.
        let until = BootClock.now + .seconds(8)
        try node.lease.put(.held(until: until))
        let directory = try await node.start()
        let process = try node.process(directory)
        #expect(node.registered == ["\(directory.id)"])
        while BootClock.now < until - .milliseconds(200) {
            #expect(RunningProcess.isAlive(process.vmm))
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await node.end(directory) == .leaseOver)
        let late = BootClock.now - until - .seconds(try node.age(of: directory.file(.end)))
        #expect((.milliseconds(-50)...(.seconds(1))).contains(late), "\(late)")
        #expect(!RunningProcess.isAlive(process.vmm))
        #expect(try await eventually("the register is empty") { node.registered.isEmpty.orNil })
    }

    @Test("what a VMM has started ends with it, and its cgroup is gone", .enabled(if: cspawn_may_isolate() == 1 && ControlGroups.standard != nil))
    func descendants() async throws {
        let node = try FencedNode()
        try node.grant(.seconds(8))
        // In a session of its own, where neither a signal to the VMM nor one to its group would reach it.
        let directory = try await node.start("setsid sleep 60 & while :; do sleep 1; done")
        let process = try node.process(directory)
        let group = try #require(ControlGroups.standard.map { "\($0.path)/\(directory.id)" })
        let members = try await eventually("both are in the group") { () -> [Int32]? in
            let text = try? String(contentsOfFile: "\(group)/cgroup.procs", encoding: .utf8)
            let pids = (text ?? "").split(separator: "\n").compactMap { Int32($0) }
            return pids.count >= 3 ? pids : nil
        }
        #expect(members.contains(process.pid) && !members.contains(process.cage))
        let exit = try await eventually("the lease is over", within: 20) { directory.read(InstanceDirectory.End.self, from: .end)?.exit }
        #expect(exit == .leaseOver)
        for pid in members { #expect(RunningProcess.startTime(of: pid) == nil, "process \(pid) of the VMM lives on") }
        #expect(try await eventually("the group is gone") { (!FileManager.default.fileExists(atPath: group)).orNil })
    }

    @Test("each renewal carries it on, whoever wrote it")
    func renewed() async throws {
        let node = try FencedNode()
        let first = BootClock.now + .seconds(8)
        try node.lease.put(.held(until: first))
        let directory = try await node.start()
        try LeaseFile(node.run.lease).put(.held(until: first + .seconds(60)))
        try await Task.sleep(for: first - BootClock.now + .seconds(1))
        #expect(RunningProcess.isAlive(try node.process(directory).vmm))
        kill(try node.process(directory).pid, SIGKILL)
        #expect(try await node.end(directory) == .signalled(9))
    }

    @Test("nothing is started under a lease that is over, was never granted, is torn, of another boot or not there; nothing is left of the attempt")
    func refused() async throws {
        let node = try FencedNode()
        func attempt(_ words: String, _ change: () throws -> Void) async throws {
            try change()
            let directory = InstanceDirectory(id: .random(), under: node.scratch.path)
            try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
            let failure = await #expect(throws: WorkFailure.self) { try await node.start(in: directory, "touch ran") }
            #expect(failure?.description.contains(words) == true, "\(failure as Any)")
            #expect(try await eventually("its cage is gone") { (!directory.isCaged).orNil })
            #expect(!directory.exists(.process) && !FileManager.default.fileExists(atPath: "\(directory.path)/vmm/ran") && node.registered.isEmpty)
        }
        let deadline = BootClock.nanoseconds + 60_000_000_000
        let boot = try #require(BootID(RunningProcess.bootID()))
        func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: node.run.lease)) }
        try await attempt("lease is over") {}
        try await attempt("lease is over") { try node.lease.put(.held(until: BootClock.now)) }
        try await attempt("lease is over") { try write(LeaseRecord(boot: BootID(high: 1, low: 2), deadline: deadline, sequence: .max).bytes) }
        try await attempt("lease is over") { try write(Array(LeaseRecord(boot: boot, deadline: deadline, sequence: .max).bytes.dropLast())) }
        try await attempt("cannot open the lease") { try FileManager.default.removeItem(atPath: node.run.lease) }
        try write(LeaseRecord(boot: boot, deadline: deadline, sequence: .max).bytes)
        let directory = try await node.start("exit 0")
        #expect(try await node.end(directory) == .poweredOff, "and a good record starts it")
    }

    @Test("a VMM that ends by itself under a valid lease has ended by itself")
    func ownEnd() async throws {
        let node = try FencedNode()
        try node.grant(.seconds(60))
        #expect(try await node.end(node.start("exit 7")) == .exited(7))
        // The first of a pid namespace is out of its own reach.
        let directory = try await node.start()
        kill(try node.process(directory).pid, SIGKILL)
        #expect(try await node.end(directory) == .signalled(9))
    }
}

@Suite("the guard of a node", .timeLimit(.minutes(2)))
struct NodeGuardTests {
    @Test("a stopped cage is covered: the guard ends its VMM, and the cage says so when it goes on")
    func stoppedCage() async throws {
        let node = try FencedNode()
        let agent = try node.identity()
        try node.grant(.seconds(60))
        await node.guarding().ensure()
        let directory = try await node.start()
        let process = try node.process(directory)
        kill(process.cage, SIGSTOP)
        let until = BootClock.now + .seconds(1)
        try node.lease.put(.held(until: until))
        _ = try await eventually("the VMM is ended", within: 20) { (!RunningProcess.isAlive(process.vmm)).orNil }
        #expect(BootClock.now - until >= .milliseconds(500))
        // The next lease must not make its end look like a failure.
        try node.grant(.seconds(60))
        kill(process.cage, SIGCONT)
        #expect(try await node.end(directory) == .leaseOver)
        withExtendedLifetime(agent) {}
    }

    @Test("what another boot has registered is nobody's: its pid is another's by now")
    func otherBoot() async throws {
        let node = try FencedNode()
        let agent = try node.identity()
        let innocent = Process()
        innocent.executableURL = URL(filePath: "/bin/sleep")
        innocent.arguments = ["60"]
        try innocent.run()
        defer { innocent.terminate() }
        let pid = innocent.processIdentifier
        let startTime = try #require(RunningProcess.startTime(of: pid))
        let entry = "\(node.run.registry)/\(InstanceID.random())"
        try Data("\(pid) \(startTime) \(pid) \(startTime) 1 2\n".utf8).write(to: URL(filePath: entry))
        await node.guarding().ensure()
        _ = try await eventually("the entry is taken away", within: 10) { node.registered.isEmpty.orNil }
        try await Task.sleep(for: .milliseconds(300))
        #expect(innocent.isRunning)
        withExtendedLifetime(agent) {}
    }

    @Test("there is one for a node; it outlives whoever started it for as long as a fenced VMM runs or an agent holds its lock, and then ends")
    func life() async throws {
        let node = try FencedNode()
        try node.grant(.seconds(60))
        var agent: NodeIdentity? = try node.identity()
        await node.guarding().ensure()
        let pid = try node.guardPid()
        await node.guarding().ensure()
        #expect(try node.guardPid() == pid)
        let directory = try await node.start()
        #expect(agent != nil)
        agent = nil
        try await Task.sleep(for: .milliseconds(300))
        #expect(kill(pid, 0) == 0)
        kill(try node.process(directory).pid, SIGKILL)
        _ = try await eventually("it ends", within: 10) { (RunningProcess.startTime(of: pid) == nil).orNil }
    }

    @Test("a guard that dies is there again")
    func again() async throws {
        let node = try FencedNode()
        try node.grant(.seconds(60))
        let agent = try node.identity()
        let nodeGuard = node.guarding()
        await nodeGuard.ensure()
        let pid = try node.guardPid()
        kill(pid, SIGKILL)
        let next = try await eventually("another guards", within: 10) { (try? node.guardPid()).flatMap { $0 == pid ? nil : $0 } }
        #expect(RunningProcess.startTime(of: next) != nil)
        withExtendedLifetime(agent) {}
    }

    @Test("a watchdog is fed again and again, and let go when nothing is left to guard; one that sets no time makes no node hard-fenced")
    func watchdog() async throws {
        let node = try FencedNode()
        try node.grant(.seconds(60))
        let device = "\(node.scratch.path)/watchdog"
        _ = FileManager.default.createFile(atPath: device, contents: nil)
        func fed() -> Data { (try? Data(contentsOf: URL(filePath: device))) ?? Data() }
        var agent: NodeIdentity? = try node.identity()
        let directory = try await node.start()
        let feeds = await node.guarding(watchdog: .init(device: device, within: Milliseconds(seconds: 5))).ensure()
        #expect(!feeds, "a file resets no machine")
        _ = try await eventually("it is fed", within: 5) { (fed().count >= 3).orNil }
        #expect(fed().allSatisfy { $0 == 0 })
        #expect(agent != nil)
        agent = nil
        kill(try node.process(directory).pid, SIGKILL)
        _ = try await eventually("it is let go", within: 10) { (fed().last == UInt8(ascii: "V")).orNil }
    }
}
