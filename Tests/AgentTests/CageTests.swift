import Agent
import AgentDecisions
import CSpawn
import ClusterModel
import Foundation
import Testing

/// The cage takes any program for a VMM, so a shell shows what it does with one.
@Suite("the cage")
struct CageTests {
    private struct Caged {
        let scratch: Scratch
        let directory: InstanceDirectory

        init(limit: Int = 1 << 20, _ script: String) async throws {
            try await self.init(limit: limit, command: ["/bin/sh", "-c", script])
        }

        init(limit: Int = 1 << 20, command: [String]) async throws {
            scratch = try Scratch()
            directory = InstanceDirectory(id: .random(), under: scratch.path)
            try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
            try await start(limit: limit, command)
        }

        func start(limit: Int = 1 << 20, _ command: [String]) async throws {
            var settings = QEMUSettings(binary: command[0], cage: LocalNode.cage, accelerator: .tcg)
            settings.consoleLimit = limit
            try await CageProcess.start(settings, in: directory.path, command: command)
        }

        var process: InstanceDirectory.Process? { directory.read(InstanceDirectory.Process.self, from: .process) }

        func end() async throws -> VMMExit {
            try await eventually("the cage writes how it ended") { directory.read(InstanceDirectory.End.self, from: .end)?.exit }
        }

        var console: String { (try? String(contentsOfFile: directory.file(.console), encoding: .utf8)) ?? "" }

        func kill() { if let pid = process?.pid { Foundation.kill(pid, SIGKILL) } }
    }

    @Test("it tells how the VMM ended", arguments: [("exit 0", VMMExit.poweredOff), ("exit 7", .exited(7)), ("read go <&3", .signalled(9))])
    func ends(script: String, expected: VMMExit) async throws {
        let caged = try await Caged(script)
        // The first of a pid namespace is out of its own reach.
        if case .signalled = expected { caged.kill() }
        #expect(try await caged.end() == expected)
        #expect(try await eventually("the cage ends") { (!caged.directory.isCaged).orNil })
    }

    @Test("the VMM is on record before it runs, in a session of its own, with nothing open but what it needs")
    func record() async throws {
        let caged = try await Caged("exec >&3; cat ../vmm.json; echo pid=$$; ls /proc/self/fd; cut -d' ' -f6 /proc/self/stat")
        #expect(try await caged.end() == .poweredOff)
        let process = try #require(caged.process)
        #expect(caged.console.contains("\"pid\":\(process.pid),"))
        // “ls” has its directory open too.
        let own = cspawn_may_isolate() == 1 ? 1 : process.pid
        #expect(caged.console.contains("pid=\(own)\n0\n1\n2\n3\n4\n\(process.cage)\n"), "\(caged.console)")
        #expect(process.bootID == RunningProcess.bootID())
    }

    @Test("the VMM gains no rights by an exec and leaves no dump of its guest's memory")
    func rights() async throws {
        let caged = try await Caged("exec >&3; ulimit -Sc; ulimit -Hc; grep NoNewPrivs /proc/self/status")
        #expect(try await caged.end() == .poweredOff)
        #expect(caged.console == "0\n0\nNoNewPrivs:\t1\n")
    }

    @Test("a flood on the console fills no more than the two files that it rotates through")
    func cap() async throws {
        let caged = try await Caged(limit: 64 << 10, "head -c 3000000 /dev/zero >&3; echo last >&3")
        #expect(try await caged.end() == .poweredOff)
        let sizes = [InstanceDirectory.File.console, .olderConsole].map {
            (try? FileManager.default.attributesOfItem(atPath: caged.directory.file($0))[.size] as? Int) ?? 0
        }
        #expect(sizes.allSatisfy { $0 <= 64 << 10 })
        #expect(sizes[1] > 32 << 10)
        #expect(caged.console.hasSuffix("last\n"))
    }

    @Test("a log is read from its last lines on, and followed across its rotation", .timeLimit(.minutes(1)))
    func follow() async throws {
        let caged = try await Caged(
            limit: 4096, "exec >&3; for i in $(seq 10); do echo line $i; done; read go <&3; for i in $(seq 11 600); do echo line $i; done")
        _ = try await eventually("ten lines") { caged.console.hasSuffix("line 10\n").orNil }
        let log = ConsoleLog(
            current: caged.directory.file(.console), older: caged.directory.file(.olderConsole), lines: 3, follow: true)
        #expect(await log.read() == Data("line 8\nline 9\nline 10\n".utf8))
        let console = SocketConsole(try LocalSocket.connect(to: "console.sock", in: caged.directory.path))
        try await console.write(Data("go\n".utf8))
        var text = ""
        while !text.hasSuffix("line 600\n"), let more = await log.read() { text += String(decoding: more, as: UTF8.self) }
        #expect(text.hasSuffix("line 599\nline 600\n"))
        log.close()
        let still = ConsoleLog(current: caged.directory.file(.console), older: caged.directory.file(.olderConsole), lines: 1, follow: false)
        #expect(await still.read() == Data("line 600\n".utf8))
        #expect(await still.read() == nil)
    }

    @Test("a client that hangs up on a guest that reads nothing does not keep the cage busy", .timeLimit(.minutes(1)))
    func hangUp() async throws {
        let caged = try await Caged("exec sleep 60")
        defer { caged.kill() }
        let console = SocketConsole(try LocalSocket.connect(to: "console.sock", in: caged.directory.path))
        let writing = Task { try await console.write(Data(count: 8 << 20)) }
        try await Task.sleep(for: .milliseconds(300))
        writing.cancel()
        console.close()
        let cage = try #require(caged.process?.cage)
        func ticks() throws -> Int {
            let fields = try String(contentsOfFile: "/proc/\(cage)/stat", encoding: .utf8).split(separator: " ")
            return (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0)
        }
        try await Task.sleep(for: .milliseconds(200))
        let before = try ticks()
        try await Task.sleep(for: .milliseconds(500))
        #expect(try ticks() - before < 10)
    }

    @Test("one client at a time talks with the console, a second is told so, and the next may when the first has gone")
    func console() async throws {
        let caged = try await Caged("cat <&3 >&3")
        defer { caged.kill() }
        func connect() throws -> SocketConsole { SocketConsole(try LocalSocket.connect(to: "console.sock", in: caged.directory.path)) }
        let first = try connect()
        try await first.write(Data("hello\n".utf8))
        #expect(await first.read() == Data("hello\n".utf8))
        let second = try connect()
        #expect(await second.read() == Data("The console is in use by someone else.\r\n".utf8))
        #expect(await second.read() == nil)
        first.close()
        #expect(
            try await eventually("another may talk") {
                let third = try connect()
                try? await third.write(Data("again\n".utf8))
                return await third.read() == Data("again\n".utf8) ? true : nil
            })
        #expect(caged.console.contains("hello\n"))
    }

    @Test("an instance has one cage")
    func second() async throws {
        let caged = try await Caged("exec sleep 60")
        defer { caged.kill() }
        let failure = await #expect(throws: WorkFailure.self) { try await caged.start(["/bin/sh", "-c", "exit 0"]) }
        #expect(failure?.description == "another cage holds this instance")
        #expect(caged.process.map { RunningProcess.isAlive($0.vmm) } == true)
    }

    @Test("a missing VMM is a clear sentence, and leaves no record of a process")
    func missing() async throws {
        let failure = await #expect(throws: WorkFailure.self) { try await Caged(command: ["/usr/bin/qemu-system-vax"]) }
        #expect(
            failure?.description
                == "cannot execute /usr/bin/qemu-system-vax: No such file or directory; install it with: apt-get install qemu-system-x86")
        #expect(failure?.isLasting == true)
    }

    @Test("the signals that end a session don't touch it; its own death takes the VMM along")
    func signals() async throws {
        let caged = try await Caged("exec sleep 60")
        let process = try #require(caged.process)
        for signal in [SIGHUP, SIGINT, SIGTERM] { kill(process.cage, signal) }
        try await Task.sleep(for: .milliseconds(100))
        #expect(RunningProcess.isAlive(process.vmm))
        kill(process.cage, SIGKILL)
        #expect(try await eventually("the VMM is dead", within: 5) { (!RunningProcess.isAlive(process.vmm)).orNil })
    }
}
