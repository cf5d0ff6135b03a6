import ClusterModel
import Foundation
import Testing

/// A filesystem of a few MiB, mounted for one test.
private final class SmallDisk {
    let path: String

    init(at path: String, mebibytes: Int) async throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let result = try await Executable.run(
            ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "none", path], executable: URL(filePath: "/usr/bin/mount"))
        guard result.exitCode == 0 else { throw CommandFailed(command: ["mount"], result: result) }
    }

    func fill() throws {
        _ = FileManager.default.createFile(atPath: "\(path)/ballast", contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: "\(path)/ballast"))
        defer { try? file.close() }
        for size in [1 << 16, 1 << 12, 1] {
            let piece = Data(count: size)
            while (try? file.write(contentsOf: piece)) != nil {}
        }
    }

    func free() throws { try FileManager.default.removeItem(atPath: "\(path)/ballast") }

    /// Lazily: an agent's last descriptors may still be open.
    func unmount() async { _ = try? await Executable.run(["-l", path], executable: URL(filePath: "/usr/bin/umount")) }
}

@Suite("a full disk", .serialized, .timeLimit(.minutes(5)), .enabled(if: getuid() == 0, "mounting a small filesystem takes root"))
struct FullDiskTests {
    @Test("at the agent: a launch fails with the reason and leaves nothing; with room again, the same launch runs")
    func agentsDisk() async throws {
        let holder = try Scratch("full")
        defer { holder.remove() }
        let disk = try await SmallDisk(at: "\(holder.url.path)/d", mebibytes: 64)
        do {
            try await Cluster.run(.qemu(1, dataDirectory: "\(disk.path)/n1")) { cluster in
                try await cluster.importTinyImage()
                try disk.fill()
                let refused = try await cluster.berth("launch", "big", "--size", "nano", "--timeout", "60s", timeout: 90)
                #expect(refused.exitCode == 1, "\(refused)")
                #expect(refused.errors.lowercased().contains("no space"), "\(refused)")
                let failed = try await cluster.instance("big")
                #expect(failed.status.state == .failed)
                #expect(cluster.processes(mentioning: failed.id.description).isEmpty)
                try disk.free()
                try await cluster.succeed("instance", "start", "big", "--timeout", "60s", timeout: 90)
                try await cluster.succeed("instance", "delete", "big", "--timeout", "60s", timeout: 90)
            }
        } catch {
            await disk.unmount()
            throw error
        }
        await disk.unmount()
    }
}
