import ClusterAPI
import ClusterModel
import Controller
import Foundation
import Glibc
import Testing

@Suite("a full disk refuses writes, never reads or heartbeats", .serialized)
struct DiskFullTests {
    @Test("on a real file system: nothing new below the low-water mark, the ballast for what must still be said, then 507, and all well again")
    func realDisk() async throws {
        guard let disk = try SmallDisk(mebibytes: 320) else { return }
        defer { disk.unmount() }
        try await RunningController.run(in: disk.directory, "heartbeat: {interval: 200ms, suspectAfter: 2s, lostAfter: 60s}\nsnapshots: {kept: 0}\n")
        {
            controller in
            let ballast = disk.directory.appending(path: "ballast").path
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            try await controller.launch("a", size: "nano")
            try await controller.launch("b", size: "nano")
            try await node.obey()
            #expect(FileManager.default.fileExists(atPath: ballast))

            disk.fill(leaving: 100 << 20)
            // The name is taken, so that nothing is launched before the disk is looked at.
            try await eventually { try await controller.send(.post, "/v1/instances", Data(#"{"name":"a"}"#.utf8)).status == 507 }
            let refused = try await controller.send(.post, "/v1/instances", Data(#"{"name":"c"}"#.utf8), headers: [("Idempotency-Key", "k")])
            #expect(try refused.status == 507 && refused.error.code == .storageFull)
            #expect(try await controller.send(.post, "/v1/instances/a/stop", Data()).status == 200, "what takes away is still taken in")
            try await node.obey()
            #expect(try await controller.state(of: "a") == .stopped)

            disk.fill(leaving: 0)
            #expect(try await controller.send(.post, "/v1/instances/b/stop", Data()).status == 200)
            #expect(!FileManager.default.fileExists(atPath: ballast))

            disk.fill(leaving: 0)
            var status = 200
            for turn in 0..<64 where status == 200 {
                status = try await controller.send(.post, "/v1/instances/a/\(turn.isMultiple(of: 2) ? "start" : "stop")", Data()).status
            }
            #expect(status == 507)
            #expect(try await controller.state(of: "b") == .stopping)
            let view: ClusterView = try await controller.get("/v1/cluster")
            #expect(view.instancesByState["stopping"] == 1)
            // Longer than it takes to be suspect: idle syncs are heard, and a node whose report can't be kept has its lease all the same.
            for _ in 0..<8 {
                try await Task.sleep(for: .milliseconds(300))
                #expect(try await node.sync().lease != nil)
                let answer = try await Self.report(node, of: "b")
                #expect(answer.unkept?.contains("full") ?? false && answer.lease != nil)
            }
            #expect(try await controller.state(of: "b") == .stopping)
            let nodes: NodeView = try await controller.get("/v1/nodes/n1")
            #expect(nodes.node.health == .alive)

            disk.empty()
            try await eventually { try await controller.send(.post, "/v1/instances/b/start", Data()).status == 200 }
            try await eventually { FileManager.default.fileExists(atPath: ballast) }
            // A refusal for want of room was not kept as the answer of its key.
            try await eventually {
                try await controller.send(.post, "/v1/instances", Data(#"{"name":"c"}"#.utf8), headers: [("Idempotency-Key", "k")]).status == 201
            }
        }
    }

    @Test("a controller starts on a full disk by its ballast, and answers")
    func start() async throws {
        guard let disk = try SmallDisk(mebibytes: 320) else { return }
        defer { disk.unmount() }
        try await RunningController.run(in: disk.directory, RunningController.calm + "snapshots: {kept: 0}\n") { _ = try await $0.importImage() }
        disk.fill(leaving: 0)
        try await RunningController.run(in: disk.directory, RunningController.calm + "snapshots: {kept: 0}\n") { controller in
            let images: Page<Image> = try await controller.get("/v1/images")
            #expect(images.items.count == 1)
        }
    }

    private static func report(_ node: PlayedNode, of name: String) async throws -> SyncAnswer {
        let instance = try await node.controller.instance(name)
        let observed = ObservedInstance(
            id: instance.id, name: instance.name, generation: instance.generation, state: .stopped, resources: instance.spec.resources)
        return try await node.controller.post("/v1/nodes/\(node.id)/sync", node.request(full: false, observed: [observed]))
    }
}

/// A file system of its own in memory; only root can make one.
private struct SmallDisk {
    let directory: URL

    /// Nil where this machine does not let us mount.
    init?(mebibytes: Int) throws {
        directory = try RunningController.temporaryDirectory()
        guard mount("tmpfs", directory.path, "tmpfs", 0, "size=\(mebibytes)m") == 0 else {
            try FileManager.default.removeItem(at: directory)
            return nil
        }
    }

    func fill(leaving bytes: Int64) {
        var facts = statvfs()
        let descriptor = open(directory.appending(path: "fill-\(UUID())").path, O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        guard statvfs(directory.path, &facts) == 0 else { return }
        let size = Int64(facts.f_bavail) * Int64(facts.f_frsize) - bytes
        if size > 0 { _ = posix_fallocate(descriptor, 0, off_t(size)) }
    }

    func empty() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? [] where name.hasPrefix("fill-") {
            unlink(directory.appending(path: name).path)
        }
    }

    func unmount() {
        umount2(directory.path, Int32(MNT_DETACH))
        rmdir(directory.path)
    }
}
