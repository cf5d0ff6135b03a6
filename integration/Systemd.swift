import Foundation

/// A service manager of this user in a mount namespace of its own, so that the units in docs/systemd are tried under the real one.
final class Systemd {
    static let path = "/lib/systemd/systemd"
    private let manager: RunningProcess
    private let scratch: Scratch
    private let runtime = "/run/user/0"

    /// - Parameter services: unit files by the name of the service.
    init(services: [String: String]) async throws {
        scratch = try Scratch("sd")
        let units = scratch.url.appending(path: ".config/systemd/user")
        try FileManager.default.createDirectory(at: units, withIntermediateDirectories: true)
        for (name, text) in services { try text.write(to: units.appending(path: "\(name).service"), atomically: true, encoding: .utf8) }
        // Under a parent that keeps its descriptors: it closes all of its own, and Foundation takes that for its end and blocks.
        // It refuses to run unless the machine looks as if systemd had booted it.
        let script = "mount -t tmpfs tmpfs /run && mkdir -p -m 700 /run/systemd/system \(runtime) && exec \(Self.path) --user"
        manager = try RunningProcess(
            URL(filePath: "/usr/bin/unshare"), ["--mount", "--propagation", "private", "--fork", "--kill-child", "/bin/sh", "-c", script],
            environment: ["HOME": scratch.url.path, "XDG_RUNTIME_DIR": runtime], directory: scratch.url, name: "systemd")
        let socket = "/proc/\(manager.pid)/root\(runtime)/systemd/private"
        do {
            _ = try await eventually("systemd listens: \(manager.errors())", within: 20) {
                FileManager.default.fileExists(atPath: socket) ? true : nil
            }
        } catch {
            await end()
            throw error
        }
    }

    func control(_ words: String...) async throws -> Executable.Result {
        try await Executable.run(
            ["--mount=/proc/\(manager.pid)/ns/mnt", "/usr/bin/systemctl", "--user"] + words,
            environment: ["XDG_RUNTIME_DIR": runtime, "HOME": scratch.url.path], timeout: 60, executable: URL(filePath: "/usr/bin/nsenter"))
    }

    func mainProcess(of service: String) async throws -> Int32? {
        let text = try await control("show", "--property=MainPID", "--value", service).output
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)).flatMap { $0 > 0 ? $0 : nil }
    }

    func end() async {
        _ = try? await control("exit")
        if await manager.waitForExit(timeout: 20) == nil {
            manager.kill(SIGKILL)
            _ = await manager.waitForExit(timeout: 10)
        }
        scratch.remove()
    }
}
