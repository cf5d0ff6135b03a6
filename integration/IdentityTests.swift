import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("nodes join, renew and are revoked", .serialized, .timeLimit(.minutes(5)))
struct IdentityTests {
    /// A controller with TLS and agents without VMs, each a process.
    private final class Secure: @unchecked Sendable {
        let scratch: Scratch
        let endpoint: String
        let controller: RunningProcess

        init(nodeLifetime: String) async throws {
            scratch = try Scratch("tls")
            let configuration = try scratch.write(
                "listen: 0.0.0.0:0\ndataDirectory: \(scratch.url.path)/c\nheartbeat: {interval: 500ms, suspectAfter: 2s, lostAfter: 5s}\n"
                    + "tls: {nodeLifetime: \(nodeLifetime)}\n", to: "controller.yaml")
            let process = try RunningProcess(
                Executable.berth, ["controller", "run", "--config", configuration], environment: [:], directory: scratch.url, name: "controller")
            controller = process
            let file = "\(scratch.url.path)/c/endpoint"
            endpoint = try await eventually("the controller listens", within: 30) {
                guard process.isRunning else { throw NeverHappened(what: "the controller ended: \(process.errors())", seconds: 0) }
                let text = (try? String(contentsOfFile: file, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
                return text.flatMap { $0.isEmpty ? nil : $0.replacingOccurrences(of: "0.0.0.0", with: "127.0.0.1") }
            }
        }

        var authority: String { "\(scratch.url.path)/c/authority.pem" }
        func directory(_ node: String) -> String { "\(scratch.url.path)/\(node)" }

        func berth(_ words: String...) async throws -> Executable.Result {
            let token = try String(contentsOfFile: "\(scratch.url.path)/c/admin-token", encoding: .utf8).trimmingCharacters(in: .newlines)
            return try await Executable.run(words + ["--endpoint", endpoint, "--ca", authority], environment: ["BERTH_TOKEN": token], timeout: 30)
        }

        func configure(_ node: String) throws -> String {
            try scratch.write(
                "controller: \(endpoint)\nname: \(node)\ndataDirectory: \(directory(node))\nrunDirectory: \(directory(node))/run\nvmm: synthetic\n"
                    + "capacity: {cpu: \"8\", memory: 16GiB, disk: 200GiB}\n", to: "\(node).yaml")
        }

        func join(_ node: String) async throws {
            let token = try await berth("node", "token", node)
            try #require(token.exitCode == 0, "\(token)")
            let joined = try await Executable.run(
                ["agent", "join", "--config", try configure(node), "--token", "-"], input: token.output, timeout: 30)
            try #require(joined.exitCode == 0, "\(joined)")
        }

        func start(_ node: String) throws -> RunningProcess {
            try RunningProcess(
                Executable.berth, ["agent", "run", "--config", "\(scratch.url.path)/\(node).yaml"], environment: [:], directory: scratch.url,
                name: node)
        }

        func health(_ node: String) async throws -> Node.Health? {
            let shown = try await berth("node", "show", node, "-o", "json")
            return try? shown.decoded(as: NodeView.self).node.health
        }

        func wait(for health: Node.Health, of node: String) async throws {
            _ = try await eventually("\(node) is \(health)", within: 30) { try await self.health(node) == health ? true : nil }
        }

        func end(_ processes: [RunningProcess]) async {
            for process in processes + [controller] {
                process.kill(SIGTERM)
                if await process.waitForExit(timeout: 15) == nil { process.kill(SIGKILL) }
            }
            scratch.remove()
        }
    }

    @Test("with certificates of a few seconds a node stays alive, through renewals and a kill -9 of its agent; revoked it is heard no more")
    func life() async throws {
        let secure = try await Secure(nodeLifetime: "8s")
        try await secure.join("n1")
        var agent = try secure.start("n1")
        try await secure.wait(for: .alive, of: "n1")
        let file = "\(secure.directory("n1"))/certificate.pem"
        func certificate() throws -> String { try String(contentsOfFile: file, encoding: .utf8) }
        var seen: Set<String> = []
        _ = try await eventually("three renewals", within: 60) {
            seen.insert(try certificate())
            return seen.count >= 4 ? true : nil
        }
        #expect(try await secure.health("n1") == .alive)
        agent.kill(SIGKILL)
        _ = await agent.waitForExit(timeout: 10)
        agent = try secure.start("n1")
        _ = try await eventually("a renewal by the next agent", within: 30) { seen.contains(try certificate()) ? nil : true }
        try await secure.wait(for: .alive, of: "n1")

        let revoked = try await secure.berth("node", "revoke", "n1")
        #expect(revoked.exitCode == 0, "\(revoked)")
        try await secure.wait(for: .lost, of: "n1")
        _ = try await eventually("the agent says why", within: 20) {
            agent.errors().contains("were revoked") || agent.output().contains("were revoked") ? true : nil
        }
        await secure.end([agent])
    }

    @Test("a node-id that is not the certificate's, no certificate and a foreign token each stop an agent with a sentence")
    func refused() async throws {
        let secure = try await Secure(nodeLifetime: "1h")
        try await secure.join("n1")
        try await secure.join("n2")
        try FileManager.default.removeItem(atPath: "\(secure.directory("n2"))/node-id")
        try FileManager.default.copyItem(atPath: "\(secure.directory("n1"))/node-id", toPath: "\(secure.directory("n2"))/node-id")
        let mistaken = try await Executable.run(["agent", "run", "--config", "\(secure.scratch.url.path)/n2.yaml"], timeout: 20)
        #expect(mistaken.exitCode == 1 && mistaken.errors.contains("put the right node-id back"), "\(mistaken)")

        let bare = try await Executable.run(["agent", "run", "--config", try secure.configure("n3")], timeout: 20)
        #expect(bare.exitCode == 1 && bare.errors.contains("berth node token n3"), "\(bare)")

        let other = try await Secure(nodeLifetime: "1h")
        let token = try await other.berth("node", "token", "n3").output
        let foreign = try await Executable.run(["agent", "join", "--config", try secure.configure("n3"), "--token", "-"], input: token, timeout: 20)
        #expect(foreign.exitCode == 5 && foreign.errors.contains("The token was not sent"), "\(foreign)")

        let stranger = try await Executable.run(["node", "list", "--endpoint", secure.endpoint, "--ca", other.authority], timeout: 20)
        #expect(stranger.exitCode == 5 && stranger.errors.contains("not trusted"), "\(stranger)")
        await other.end([])
        await secure.end([])
    }

    @Test("dev up sets up authority, tokens and certificates by itself, and its agents speak TLS only")
    func dev() async throws {
        let scratch = try Scratch("dev-tls")
        defer { scratch.remove() }
        let environment = ["XDG_CONFIG_HOME": "\(scratch.url.path)/config", "XDG_STATE_HOME": "\(scratch.url.path)/state", "NO_COLOR": "1"]
        let up = try await Executable.run(["dev", "up", "--nodes", "2"], environment: environment, timeout: 120)
        #expect(up.exitCode == 0 && up.errors.contains("https://127.0.0.1:"), "\(up)")
        let nodes = try await Executable.run(["node", "list", "-o", "name"], environment: environment)
        #expect(nodes.output.split(separator: "\n").count == 2, "\(nodes)")
        for node in ["n1", "n2"] {
            #expect(FileManager.default.fileExists(atPath: "\(scratch.url.path)/state/berth/dev/\(node)/certificate.pem"))
        }
        let down = try await Executable.run(["dev", "down"], environment: environment, timeout: 90)
        #expect(down.exitCode == 0, "\(down)")
    }
}
