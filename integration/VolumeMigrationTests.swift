import ClusterAPI
import ClusterModel
import Foundation
import Testing

/// Two real agents and QEMUs, and a guest whose data is on a volume.
@Suite("migration of instances with volumes", .serialized, .timeLimit(.minutes(10)))
struct VolumeMigrationTests {
    @Test("a volume keeps its data through stop, migration live and cold, and the loss of its node; and is on one node at a time")
    func keepsItsData() async throws {
        try await Cluster.run(MigrationTests.shape()) { cluster in
            let volume = try await cluster.launchWithVolume()
            try await cluster.ask(volume, "echo kept-$((40+2)) | $w; head -c 7 $d", answer: "kept-42")
            try await cluster.succeed("instance", "stop", "web", "--force", "--wait", "--timeout", "60s")
            try await cluster.succeed("instance", "start", "web", "--wait", "--timeout", "60s")
            try await cluster.ask(volume, "echo started-$(head -c 7 $d)", answer: "started-kept-42")

            try await cluster.succeed("instance", "migrate", "web", "--to", "n2", "--timeout", "120s", timeout: 150)
            try await cluster.expectAlone(volume, on: "n2")
            try await cluster.ask(volume, "echo live-$(head -c 7 $d)", answer: "live-kept-42")
            try await cluster.ask(volume, "echo more-$((1+1)) | $w; head -c 6 $d", answer: "more-2")

            // The machine is gone for longer than it may be, and comes back.
            let id = try await cluster.instance("web").id
            await cluster.killAgent("n2")
            for pid in cluster.guests(of: id) { kill(pid, SIGKILL) }
            try await cluster.wait(for: .lost, of: "n2")
            #expect(try await cluster.volume("data").nodeName?.text == "n2", "its data is where its node is")
            try cluster.startAgent("n2")
            _ = try await eventually("it runs again", within: 90) {
                let now = try await cluster.instance("web")
                return now.status.state == .running && now.placement?.nodeName.text == "n2" && cluster.guests(of: id).count == 1 ? true : nil
            }
            try await cluster.ask(volume, "echo lost-$(head -c 6 $d)", answer: "lost-more-2")

            try await cluster.succeed("instance", "stop", "web", "--force", "--wait", "--timeout", "60s")
            try await cluster.succeed("instance", "migrate", "web", "--to", "n1", "--cold", "--timeout", "120s", timeout: 150)
            try await cluster.expectAlone(volume, on: "n1")
            try await cluster.succeed("instance", "start", "web", "--wait", "--timeout", "60s")
            try await cluster.ask(volume, "echo cold-$(head -c 6 $d)", answer: "cold-more-2")
            #expect(try await cluster.volume("data").attachment?.state == .attached)
            let operations = try await cluster.succeed("operation", "list", "-o", "json").decoded(as: [InstanceOperation].self)
            #expect(!operations.contains { $0.state == .running })
        }
    }

    @Test("with the receiving VMM or either agent killed while the volume is copied, it stays where it was, and nothing is left on the other node")
    func kills() async throws {
        try await Cluster.run(MigrationTests.shape()) { cluster in
            let volume = try await cluster.launchWithVolume()
            try await cluster.ask(volume, "dd if=/dev/zero of=$d bs=1M count=48; echo full-$((2+2)) | $w; head -c 6 $d", answer: "full-4")
            let before = try await cluster.instance("web")
            let source = try #require(before.status.pid)
            for victim in ["VMM", "n2", "n1"] {
                _ = try await cluster.beginSlowly()
                if victim == "VMM" {
                    for pid in cluster.guests(of: before.id) where pid != source { kill(pid, SIGKILL) }
                } else {
                    await cluster.killAgent(victim)
                    try cluster.startAgent(victim)
                }
                try await cluster.waitUntilGone(before.id, from: "n2")
                try await cluster.expectAlone(volume, on: "n1")
                #expect(cluster.guests(of: before.id) == [source], "\(victim)")
            }
            try await cluster.ask(volume, "echo still-$(head -c 6 $d)", answer: "still-full-4")
            // Its own VMM: it begins again where it was, with its data.
            _ = try await cluster.beginSlowly()
            kill(source, SIGKILL)
            try await cluster.waitUntilGone(before.id, from: "n2")
            try await cluster.expectAlone(volume, on: "n1")
            try await cluster.ask(volume, "echo again-$(head -c 6 $d)", answer: "again-full-4")
        }
    }
}

extension Cluster {
    /// On n1, with a volume of 64 MiB, behind one that was detached again so that its slot is not the first.
    fileprivate func launchWithVolume() async throws -> Volume {
        try await importTinyImage()
        try await launchOnFirst()
        _ = try await consoleOnceReady("web")
        for name in ["first", "data"] {
            try await succeed("volume", "create", name, "--size", "64MiB", "--iops", "5000")
            try await succeed("volume", "attach", name, "web", "--timeout", "60s")
        }
        try await succeed("volume", "detach", "first", "--timeout", "60s")
        try await succeed("volume", "delete", "first", "--timeout", "30s")
        return try await volume("data")
    }

    fileprivate func volume(_ name: String) async throws -> Volume {
        try await succeed("volume", "show", name, "-o", "json").decoded(as: Volume.self)
    }

    /// Types a line at the guest's console until the log of its node has the answer. `$d` is the volume's device, and `$w` writes to it: a `sync` alone
    /// does not flush a device without a file system.
    fileprivate func ask(_ volume: Volume, _ line: String, answer: String) async throws {
        let serial = volume.id.description.filter { $0 != "-" }.prefix(20)
        let find = "d=$(grep -l \(serial) /sys/class/block/vd*/serial); d=${d%/serial}; d=/dev/${d##*/}; w=\"dd of=$d conv=fsync\""
        _ = try await eventually("the guest answers “\(answer)”", within: 120, every: .milliseconds(500)) {
            _ = try await Executable.run(
                ["console", "web", "--timeout", "2s"], environment: ["BERTH_ENDPOINT": endpoint, "XDG_CONFIG_HOME": scratch.url.path],
                input: "\n\(find); [ -b $d ] && { \(line); }\n", timeout: 20)
            return try await berth("logs", "web").output.contains(answer) ? true : nil
        }
    }

    /// The ledger and the disks say the same: the volume is there, and neither its file nor its room is anywhere else.
    fileprivate func expectAlone(_ volume: Volume, on home: String) async throws {
        for node in ["n1", "n2"] {
            let files = "\(dataDirectory(of: node))/volumes"
            let wanted = node == home ? ["\(volume.id).qcow2"] : []
            _ = try await eventually("\(node) holds \(wanted.count) volumes", within: 60) {
                let there = (try? FileManager.default.contentsOfDirectory(atPath: files)) ?? []
                let used = try await nodeView(node).allocated.disk
                return there == wanted && (node == home ? used >= volume.spec.size : used == .zero) ? true : nil
            }
        }
        #expect(try await self.volume("data").nodeName?.text == home)
    }
}
