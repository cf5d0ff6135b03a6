import Foundation
import Testing

@Suite("berth dev", .serialized, .timeLimit(.minutes(5)))
struct DevTests {
    func environment(_ scratch: Scratch) -> [String: String] {
        ["XDG_CONFIG_HOME": "\(scratch.url.path)/config", "XDG_STATE_HOME": "\(scratch.url.path)/state", "NO_COLOR": "1"]
    }

    @Test("up, a second up, status, down and a second down do what they say")
    func upAndDown() async throws {
        let scratch = try Scratch("dev")
        defer { scratch.remove() }
        let environment = environment(scratch)
        let up = try await Executable.run(["dev", "up", "--nodes", "2", "--synthetic"], environment: environment, timeout: 60)
        #expect(up.exitCode == 0, "\(up)")
        let nodes = try await Executable.run(["node", "list", "-o", "name"], environment: environment)
        #expect(nodes.output.split(separator: "\n").count == 2, "the context points at the cluster: \(nodes)")
        let again = try await Executable.run(["dev", "up", "--nodes", "2", "--synthetic"], environment: environment, timeout: 60)
        #expect(again.exitCode == 0, "\(again)")
        let status = try await Executable.run(["dev", "status"], environment: environment)
        #expect(status.exitCode == 0, "\(status)")
        let down = try await Executable.run(["dev", "down"], environment: environment, timeout: 60)
        #expect(down.exitCode == 0, "\(down)")
        #expect(try await Executable.run(["dev", "status"], environment: environment).exitCode != 0)
        #expect(try await Executable.run(["dev", "down"], environment: environment, timeout: 60).exitCode == 0)
        let left = try await Executable.run(["-f", scratch.url.path], executable: URL(filePath: "/usr/bin/pgrep"))
        #expect(left.output.isEmpty, "processes are left: \(left)")
    }

    @Test("every example cluster comes up", arguments: ["single-node", "three-nodes", "three-racks", "thousand-synthetic"])
    func clusters(name: String) async throws {
        let scratch = try Scratch("dev")
        defer { scratch.remove() }
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "cluster-configs/\(name).yaml")
        let up = try await Executable.run(
            ["dev", "up", "--cluster", file.path, "--synthetic"], environment: environment(scratch), timeout: 120)
        #expect(up.exitCode == 0, "\(up)")
        let nodes = try await Executable.run(["node", "list", "-o", "json"], environment: environment(scratch))
        let expected = ["single-node": 1, "three-nodes": 3, "three-racks": 11, "thousand-synthetic": 1000][name] ?? 0
        #expect(nodes.output.components(separatedBy: "\"alive\"").count - 1 == expected)
        let down = try await Executable.run(["dev", "down"], environment: environment(scratch), timeout: 60)
        #expect(down.exitCode == 0, "\(down)")
    }

    @Test("Ctrl-C in the middle of up cleans up and exits with 130")
    func interrupted() async throws {
        let scratch = try Scratch("dev")
        defer { scratch.remove() }
        let up = try RunningProcess(
            Executable.berth, ["dev", "up", "--nodes", "3", "--synthetic"], environment: environment(scratch), directory: scratch.url, name: "up")
        _ = try await eventually("the controller is started", within: 20, every: .milliseconds(5)) {
            let found = try await Executable.run(["-f", "controller run.*\(scratch.url.path)"], executable: URL(filePath: "/usr/bin/pgrep"))
            return found.exitCode == 0 || !up.isRunning ? true : nil
        }
        up.kill(SIGINT)
        let code = await up.waitForExit(timeout: 20)
        #expect(code == 130 || code == 0, "\(up.errors())")
        if code == 0 { _ = try await Executable.run(["dev", "down"], environment: environment(scratch), timeout: 60) }
        let left = try await Executable.run(["-f", "\(scratch.url.path)/state"], executable: URL(filePath: "/usr/bin/pgrep"))
        #expect(left.output.isEmpty, "processes are left: \(left)")
    }
}
