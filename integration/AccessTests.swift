import Foundation
import Testing

@Suite("who may do what, from the command line", .serialized, .timeLimit(.minutes(5)))
struct AccessTests {
    @Test("dev up makes its person an admin; a tenant works within role, project and quota, and each refusal has its exit code")
    func tenant() async throws {
        let scratch = try Scratch("access")
        defer { scratch.remove() }
        let admin = ["XDG_CONFIG_HOME": "\(scratch.url.path)/config", "XDG_STATE_HOME": "\(scratch.url.path)/state", "NO_COLOR": "1"]
        let image = try scratch.write("an image", to: "tiny.tar")
        let up = try await Executable.run(["dev", "up", "--nodes", "1", "--synthetic", "--image", image], environment: admin, timeout: 90)
        #expect(up.exitCode == 0, "\(up)")
        func berth(_ words: String, as environment: [String: String], _ expected: Int32 = 0) async throws -> String {
            let result = try await Executable.run(words.split(separator: " ").map(String.init), environment: environment)
            #expect(result.exitCode == expected, "berth \(words): \(result)")
            return expected == 0 ? result.output.trimmingCharacters(in: .whitespacesAndNewlines) : result.errors
        }
        #expect(try await berth("whoami -o name", as: admin) == "admin")
        _ = try await berth("project create shop --instances 2", as: admin)
        _ = try await berth("project create rival", as: admin)
        _ = try await berth("launch theirs --project rival", as: admin)
        _ = try await berth("user create alice", as: admin)
        _ = try await berth("role grant alice tenant --project shop", as: admin)
        let secret = try await berth("token create --account alice --expires-in 1h -q", as: admin)
        var alice = admin
        alice["BERTH_TOKEN"] = secret
        #expect(try await berth("whoami -o name", as: alice) == "alice")
        _ = try await berth("launch web", as: alice)
        #expect(try await berth("instance list -o name", as: alice) == "web")
        #expect(try await berth("launch more --count 2", as: alice, 6).contains("quota"))
        #expect(try await berth("node list", as: alice, 5).contains("role"))
        _ = try await berth("instance show theirs --project rival", as: alice, 3)
        _ = try await berth("project list -o name", as: alice)
        #expect(try await berth("quota show", as: alice).contains("1 / 2"))
        alice["BERTH_TOKEN"] = String(secret.dropLast()) + (secret.hasSuffix("A") ? "B" : "A")
        _ = try await berth("instance list", as: alice, 5)
        _ = try await berth("audit verify", as: admin)
        #expect(try await berth("audit list --actor alice --verb launchInstance", as: admin).contains("shop/web"))
        // No secret in any log.
        for log in ["controller.log", "fleet.log"] {
            let text = try String(contentsOfFile: "\(scratch.url.path)/state/berth/dev/\(log)", encoding: .utf8)
            #expect(!text.contains(secret) && !text.contains("berth_"), "\(log)")
        }
        let down = try await Executable.run(["dev", "down"], environment: admin, timeout: 60)
        #expect(down.exitCode == 0, "\(down)")
    }
}
