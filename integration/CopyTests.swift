import Foundation
import Testing

@Suite("files to and from a guest", .serialized, .timeLimit(.minutes(4)))
struct CopyTests {
    @Test("`cp` carries a file there and back through controller and agent, takes standard input and output, and says why where it can't")
    func copies() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.succeed("image", "import", TinyImage.makeWithAgent(), "--name", "tiny", "--format", "linux", timeout: 120)
            try await cluster.succeed("launch", "box", "--wait", "--timeout", "60s")
            _ = try await cluster.consoleOnceReady("box")

            let content = String(repeating: "from here to there and back, \u{0}\u{1}ü\n", count: 20_000)
            let there = try cluster.scratch.write(content, to: "there")
            try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: there)
            try await cluster.succeed("cp", there, "box:/root/", timeout: 60)
            let mode = try await cluster.succeed("exec", "box", "--", "stat", "-c", "%a %n", "/root/there", timeout: 60)
            #expect(mode.output == "750 /root/there\n")
            let folder = cluster.scratch.url.appending(path: "back")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try await cluster.succeed("cp", "box:/root/there", folder.path, timeout: 60)
            #expect(try String(contentsOf: folder.appending(path: "there"), encoding: .utf8) == content)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["there"])
            #expect(try FileManager.default.attributesOfItem(atPath: folder.path + "/there")[.posixPermissions] as? Int == 0o750)

            let environment = ["BERTH_ENDPOINT": cluster.endpoint, "XDG_CONFIG_HOME": cluster.scratch.url.path]
            let piped = try await Executable.run(
                ["cp", "-", "box:/root/piped", "--mode", "600"], environment: environment, input: "by way of a pipe\n", timeout: 60)
            #expect(piped.exitCode == 0, "\(piped)")
            #expect(try await cluster.succeed("cp", "box:/root/piped", "-", timeout: 60).output == "by way of a pipe\n")

            let missing = try await cluster.berth("cp", "box:/root/none", "-", timeout: 60)
            #expect(missing.exitCode == 1 && missing.errors.contains("No such file"), "\(missing)")
            let directory = try await cluster.berth("cp", cluster.scratch.url.path, "box:/root/x", timeout: 60)
            #expect(directory.exitCode == 2 && directory.errors.contains("only files are copied"), "\(directory)")
            let nowhere = try await cluster.berth("cp", there, "box:/none/there", timeout: 60)
            #expect(nowhere.exitCode == 1, "\(nowhere)")
            #expect(try await cluster.berth("cp", there, there, timeout: 60).exitCode == 2)
        }
    }
}
