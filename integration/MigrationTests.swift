import ClusterModel
import Foundation
import Testing

/// Two real agents and QEMUs on one machine; what goes between them goes over TCP and is encrypted.
@Suite("migration between two agents", .serialized, .timeLimit(.minutes(10)))
struct MigrationTests {
    static func shape(second: String = "cpu: \"4\", memory: 4GiB, disk: 20GiB") -> Cluster.Shape {
        var shape = Cluster.Shape.qemu(2, lines: "migration: {listen: \"127.0.0.1:0\"}")
        shape.nodes[1].lines = shape.nodes[1].lines.replacingOccurrences(of: "cpu: \"4\", memory: 4GiB, disk: 20GiB", with: second)
        return shape
    }

    @Test("live: a guest that counts goes on counting on the other node, never goes back, and stands still for less than the limit")
    func live() async throws {
        try await Cluster.run(Self.shape()) { cluster in
            let before = try await cluster.launchCounting()
            let log = { (node: String) in "\(cluster.dataDirectory(of: node))/instances/\(before.id)/console.log" }
            let watch = TickWatch(files: [log("n1"), log("n2")])
            try await cluster.succeed("instance", "migrate", "web", "--to", "n2", "--timeout", "120s", timeout: 150)
            try await Task.sleep(for: .seconds(1))
            let ticks = watch.end()
            print("live migration: the longest gap between two ticks was \(ticks.longestGap) ms of \(ticks.numbers.count) ticks")
            #expect(ticks.numbers == ticks.numbers.sorted(), "the count went back")
            #expect(Set(ticks.numbers).count == ticks.numbers.count, "a tick came twice")
            #expect(ticks.movedTo == log("n2"), "it went on counting there")
            #expect(ticks.longestGap < 2000, "\(ticks.longestGap) ms")

            let after = try await cluster.instance("web")
            #expect(after.placement?.nodeName.text == "n2" && after.status.state == .running)
            #expect(cluster.guests(of: before.id) == [try #require(after.status.pid)])
            try await cluster.waitUntilGone(before.id, from: "n1")
            #expect(try await cluster.succeed("instance", "explain", "web").output.contains("n2"))
            try await cluster.succeed("instance", "migrate", "web", "--to", "n1", "--timeout", "120s", timeout: 150)
            #expect(try await cluster.instance("web").placement?.nodeName.text == "n1")
        }
    }

    @Test("live and cancelled: the guest goes on where it is, with the same process, and the other node holds nothing")
    func cancelled() async throws {
        try await Cluster.run(Self.shape()) { cluster in
            let before = try await cluster.launchCounting()
            let id = try await cluster.beginSlowly()
            try await cluster.succeed("operation", "cancel", id.description)
            try await cluster.expectUntouched(before)
            #expect(try await cluster.succeed("operation", "show", id.description).output.contains("cancelled"))
        }
    }

    @Test("live, with the receiving VMM, the receiving agent or the sending agent killed: exactly one guest runs, and it is the one that ran")
    func kills() async throws {
        try await Cluster.run(Self.shape()) { cluster in
            let before = try await cluster.launchCounting()
            _ = try await cluster.beginSlowly()
            let source = try #require(before.status.pid)
            for pid in cluster.guests(of: before.id) where pid != source { kill(pid, SIGKILL) }
            try await cluster.expectUntouched(before)
            for node in ["n2", "n1"] {
                _ = try await cluster.beginSlowly()
                await cluster.killAgent(node)
                try cluster.startAgent(node)
                try await cluster.expectUntouched(before)
            }
        }
    }

    @Test("to a node that is full: refused with what is missing, and nothing is begun")
    func full() async throws {
        try await Cluster.run(Self.shape(second: "cpu: \"4\", memory: 150MiB, disk: 20GiB")) { cluster in
            try await cluster.importTinyImage()
            try await cluster.launchOnFirst()
            let refused = try await cluster.berth("instance", "migrate", "web", "--to", "n2")
            #expect(refused.exitCode == 7 && refused.errors.contains("memory"), "\(refused)")
            #expect(try await cluster.berth("instance", "migrate", "web", "--to", "n1").exitCode == 4)
            #expect(try await cluster.berth("instance", "migrate", "web", "--to", "n9").exitCode == 3)
        }
    }
}

extension Cluster {
    /// On n1, printing a number every 20 ms.
    func launchCounting() async throws -> Instance {
        try await importTinyImage()
        try await launchOnFirst()
        _ = try await consoleOnceReady("web")
        _ = try await Executable.run(
            ["console", "web", "--timeout", "10s"],
            environment: ["BERTH_ENDPOINT": endpoint, "XDG_CONFIG_HOME": scratch.url.path],
            input: "\ni=0; while :; do i=$((i+1)); echo tick $i; usleep 20000; done &\n", timeout: 30)
        _ = try await eventually("it counts", within: 30) { try await berth("logs", "web").output.contains("tick 20\r") ? true : nil }
        return try await instance("web")
    }

    /// By no rule of its own, which would hold it there.
    func launchOnFirst() async throws {
        try await succeed("node", "cordon", "n2")
        try await succeed("launch", "web", "--timeout", "90s", timeout: 120)
        try await succeed("node", "uncordon", "n2")
    }

    /// One that would take minutes.
    func beginSlowly() async throws -> OperationID {
        try await succeed("instance", "migrate", "web", "--to", "n2", "--bandwidth", "1", "--no-wait")
        return try await eventually("it is being sent", within: 60) {
            let listed = try await succeed("operation", "list", "-o", "json").decoded(as: [InstanceOperation].self)
            return listed.first { $0.kind == .migrate && $0.state == .running && $0.progress != nil }?.id
        }
    }

    func expectUntouched(_ before: Instance) async throws {
        try await waitUntilGone(before.id, from: "n2")
        let pid = try #require(before.status.pid)
        _ = try await eventually("it runs where it ran", within: 60) {
            let now = try await instance("web")
            return now.status.state == .running && now.placement?.node == before.placement?.node && guests(of: before.id) == [pid] ? true : nil
        }
        let first = try await berth("logs", "web", "--tail", "1").output
        _ = try await eventually("it counts on", within: 20) { try await berth("logs", "web", "--tail", "1").output != first ? true : nil }
    }

    func waitUntilGone(_ id: InstanceID, from node: String) async throws {
        let directory = "\(dataDirectory(of: node))/instances/\(id)"
        _ = try await eventually("\(node) holds nothing of it", within: 60) { FileManager.default.fileExists(atPath: directory) ? nil : true }
    }
}

/// Reads numbers as they come, from whichever of the files grows, and notes when they came by the host's clock.
private final class TickWatch: @unchecked Sendable {
    struct Seen {
        var numbers: [Int] = []
        var longestGap = 0.0
        var movedTo: String?
    }

    private let lock = NSLock()
    private var seen = Seen()
    private var isOver = false

    init(files: [String]) {
        Thread.detachNewThread { [self] in
            var offsets = files.map { file in (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0 }
            var rests = files.map { _ in "" }
            var last: ContinuousClock.Instant?
            while !lock.withLock({ isOver }) {
                for (index, file) in files.enumerated() {
                    guard let handle = FileHandle(forReadingAtPath: file) else { continue }
                    try? handle.seek(toOffset: UInt64(offsets[index]))
                    let data = ((try? handle.readToEnd()) ?? Data()).filter { $0 != UInt8(ascii: "\r") }
                    let end = (try? handle.offset()) ?? UInt64(offsets[index])
                    try? handle.close()
                    guard !data.isEmpty else { continue }
                    offsets[index] = Int(end)
                    let lines = (rests[index] + String(decoding: data, as: UTF8.self)).components(separatedBy: "\n")
                    rests[index] = lines.last ?? ""
                    let numbers = lines.dropLast().compactMap { line in
                        line.hasPrefix("tick ") ? Int(line.dropFirst(5).trimmingCharacters(in: .whitespaces)) : nil
                    }
                    guard !numbers.isEmpty else { continue }
                    let now = ContinuousClock.now
                    lock.withLock {
                        if let last { seen.longestGap = max(seen.longestGap, (now - last) / .milliseconds(1)) }
                        seen.numbers += numbers
                        seen.movedTo = file
                    }
                    last = now
                }
                usleep(2000)
            }
        }
    }

    func end() -> Seen {
        lock.withLock {
            isOver = true
            return seen
        }
    }
}
