import Agent
import AgentDecisions
import CSpawn
import ClusterModel
import Foundation
import Testing

/// What the kernel says of a process.
private struct Facts {
    let pid: Int32

    func status(_ field: String) throws -> String {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(field):") })
        return line.dropFirst(field.count + 1).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    func limit(_ name: String) throws -> String {
        let text = try String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name) })
        return String(line.dropFirst(name.count).split(separator: " ")[0])
    }

    func namespace(_ kind: String) throws -> String { try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/\(kind)") }

    /// What lies in its root, two floors deep.
    var root: Set<String> {
        let top = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/root")) ?? []
        return Set(
            top.flatMap { name in
                ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/root/\(name)")) ?? []).map { "/\(name)/\($0)" }
            })
    }

    func expectNoRights(user: UInt32) throws {
        #expect(try status("Uid") == "\(user) \(user) \(user) \(user)")
        #expect(try status("Gid") == "\(user) \(user) \(user) \(user)")
        #expect(try status("Groups") == "")
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] { #expect(try status(set) == "0000000000000000", "\(set)") }
        #expect(try status("NoNewPrivs") == "1")
        for kind in ["mnt", "pid", "ipc"] { #expect(try namespace(kind) != Facts(pid: getpid()).namespace(kind), "\(kind)") }
    }
}

@Suite("a VMM's confinement", .enabled(if: Confinement.standard != nil, "root is needed"), .timeLimit(.minutes(3)))
struct ConfinementTests {
    private static func start(_ script: String, in scratch: Scratch, _ change: (inout VMMGrant) -> Void = { _ in }) async throws -> InstanceDirectory
    {
        let directory = InstanceDirectory(id: .random(), under: scratch.path)
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        var settings = QEMUSettings(binary: "/bin/sh", cage: LocalNode.cage, accelerator: .tcg)
        settings.confinement = .standard
        var grant = VMMGrant()
        grant.shown = ["/bin", "/usr/bin", "/lib", "/lib64"]
        grant.devices = ["/dev/null"]
        change(&grant)
        try await CageProcess.start(settings, in: directory.path, command: ["/bin/sh", "-c", script], grant: grant)
        return directory
    }

    private static func process(_ directory: InstanceDirectory) throws -> InstanceDirectory.Process {
        try #require(directory.read(InstanceDirectory.Process.self, from: .process))
    }

    private static func said(_ directory: InstanceDirectory) async throws -> String {
        let end = try await eventually("it ends") { directory.read(InstanceDirectory.End.self, from: .end)?.exit }
        #expect(end == .poweredOff)
        return (try? String(contentsOfFile: directory.file(.console), encoding: .utf8)) ?? ""
    }

    @Test("it has a user that no other has, no capability, and namespaces of its own")
    func user() async throws {
        let scratch = try Scratch()
        let first = try Self.process(try await Self.start("read go <&3", in: scratch))
        let second = try Self.process(try await Self.start("read go <&3", in: scratch))
        defer { for process in [first, second] { kill(process.pid, SIGKILL) } }
        for process in [first, second] {
            let user = try #require(process.user)
            #expect(user >= Confinement.users.first && user - Confinement.users.first < Confinement.users.count)
            try Facts(pid: process.pid).expectNoRights(user: user)
        }
        #expect(first.user != second.user)
    }

    @Test("two that would have the same user get two, and an instance gets the one back that it had")
    func allocation() async throws {
        let scratch = try Scratch()
        var few = try #require(Confinement.standard)
        few.file = scratch.file("users")
        few.count = 2
        var settings = QEMUSettings(binary: "/bin/sh", cage: LocalNode.cage, accelerator: .tcg)
        settings.confinement = few
        func start() async throws -> InstanceDirectory {
            let directory = InstanceDirectory(id: .random(), under: scratch.path)
            try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
            var grant = VMMGrant()
            grant.shown = ["/bin", "/usr/bin", "/lib", "/lib64"]
            try await CageProcess.start(settings, in: directory.path, command: ["/bin/sh", "-c", "read go <&3"], grant: grant)
            return directory
        }
        let running = [try await start(), try await start()]
        let users = try running.map { try #require(try Self.process($0).user) }
        #expect(Set(users) == [few.first, few.first + 1])
        let failure = await #expect(throws: WorkFailure.self) { _ = try await start() }
        #expect(failure?.description == "all of the 2 users for VMMs are taken")
        kill(try Self.process(running[0]).pid, SIGKILL)
        _ = try await eventually("its cage is gone") { (!running[0].isCaged).orNil }
        let third = try await start()
        #expect(try Self.process(third).user == users[0])
        for directory in [running[1], third] { kill(try Self.process(directory).pid, SIGKILL) }
    }

    @Test("its root holds what it is given and nothing else, and it can write nowhere")
    func root() async throws {
        let scratch = try Scratch()
        try Data("secret".utf8).write(to: URL(filePath: scratch.file("other")))
        let directory = try await Self.start(
            """
            exec >&3 2>&3; echo /*; echo /dev/*; cat \(scratch.file("other")) ../instance.json ../cage.lock /etc/passwd /proc/1/status
            touch here /there /dev/null/x; mkdir /tmp; : </dev/null && echo read null
            """, in: scratch)
        let said = try await Self.said(directory)
        let top = Set(try #require(said.split(separator: "\n").first).split(separator: " ").map(String.init))
        let above = "/" + (scratch.path.split(separator: "/").first ?? "")
        #expect(top == ["/bin", "/dev", "/lib", "/lib64", "/usr", above], "\(said)")
        #expect(said.contains("/dev/null\n") && said.contains("read null\n"))
        #expect(!said.contains("secret"))
        #expect(said.components(separatedBy: "No such file").count == 6, "\(said)")
        #expect(said.components(separatedBy: "Read-only file system").count == 4 || said.contains("'here': Read-only"), "\(said)")
        #expect(!FileManager.default.fileExists(atPath: "\(directory.path)/vmm/here"))
    }

    @Test("it writes to a file that it was given, up to the limit, and lives on beyond it")
    func fileSize() async throws {
        let scratch = try Scratch()
        let file = scratch.file("disk")
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        chmod(file, 0o600)
        let directory = try await Self.start("head -c 3000000 /dev/zero >&5; echo wrote $? >&3", in: scratch) {
            $0.files = [.init(path: file, isWritable: true)]
            $0.devices.append("/dev/zero")
            $0.fileSize = 1 << 20
        }
        #expect(try await Self.said(directory) == "wrote 1\n")
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int == 1 << 20)
    }

    @Test("a QEMU runs so, and its guest boots")
    func guest() async throws {
        let scratch = try Scratch()
        let (image, content) = try await TinyGuest.image()
        let node = try await LocalNode(scratch.path, serving: content)
        let instance = desired(image)
        await node.keeper.apply([instance], full: true)
        _ = try await node.wait(instance.id, for: .running)
        let directory = node.instanceDirectory(instance.id)
        let process = try Self.process(directory)
        let facts = Facts(pid: process.pid)
        try facts.expectNoRights(user: try #require(process.user))
        for hidden in ["/etc/passwd", "/etc/shadow", "/usr/bin/env", "/proc/self", "/sys/kernel", "/root/.bashrc", "/dev/mem"] {
            #expect(!FileManager.default.fileExists(atPath: "/proc/\(process.pid)/root\(hidden)"), "\(hidden)")
        }
        #expect(Set(facts.root.filter { $0.hasPrefix("/dev/") }) == ["/dev/null", "/dev/urandom"])
        #expect(try facts.limit("Max file size") == "\(128 << 20)")
        #expect(try facts.limit("Max processes") == "257")
        #expect(try facts.limit("Max core file size") == "0")
        _ = try await eventually("the guest is ready", within: 60) { node.console(instance.id).contains("berth: ready").orNil }
        try await node.destroy(instance)
    }
}
