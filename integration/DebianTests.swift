import ClusterModel
import Foundation
import Testing

/// Minutes under TCG, so they belong to `make soak`. BERTH_DEBIAN_IMAGE names an image that `berth image build debian` made; without it one is built.
@Suite(
    "a Debian guest", .serialized, .timeLimit(.minutes(30)),
    .enabled(if: ProcessInfo.processInfo.environment["BERTH_SOAK"] != nil, "BERTH_SOAK is not set: it boots for minutes"))
struct DebianTests {
    @Test("it boots, cloud-init finishes without error, and an imported key logs in by SSH; its agent runs programs; it powers off when asked")
    func wholeLife() async throws {
        let image = try await Self.image()
        try await Cluster.run(.qemu(1)) { cluster in
            let directory = cluster.scratch.url.path
            try await Self.makeKey(directory)
            try await cluster.succeed(
                "image", "import", image, "--name", "debian", "--os", "debian", "--cloud-init", "nocloud", timeout: 300)
            try await cluster.succeed("key", "import", "test", "\(directory)/key.pub")
            let userData = try cluster.scratch.write("#!/bin/sh\necho first boot of $(hostname) >/run/first-boot\n", to: "user-data")
            try await cluster.succeed(
                "launch", "deb", "--image", "debian", "--size", "small", "--key", "test", "--user-data", userData, "--wait", "--timeout", "120s",
                timeout: 150)

            let login = ["ssh", "deb", "--identity", "\(directory)/key", "--quiet", "--"]
            let environment = [
                "BERTH_ENDPOINT": cluster.endpoint, "XDG_CONFIG_HOME": directory, "XDG_DATA_HOME": directory, "NO_COLOR": "1",
            ]
            func ssh(_ words: String..., timeout: Double = 300) async throws -> Executable.Result {
                try await Executable.run(login + words, environment: environment, timeout: timeout)
            }
            let begun = ContinuousClock.now
            _ = try await eventually("sshd answers", within: 900, every: .seconds(5)) {
                try await ssh("true", timeout: 120).exitCode == 0 ? true : nil
            }
            print("SSH login after", ContinuousClock.now - begun)
            let status = try await ssh("cloud-init", "status", "--wait", "--long", timeout: 900)
            print("cloud-init done after", ContinuousClock.now - begun)
            #expect(status.exitCode == 0, "\(status)")
            #expect(status.output.contains("status: done"), "\(status)")
            let facts = try await ssh("hostname; cat /run/first-boot; cat /run/cloud-init/result.json; cat /sys/class/dmi/id/product_name")
            #expect(facts.output.contains("first boot of deb"), "\(facts)")
            #expect(facts.output.contains("\"errors\": []"), "\(facts)")
            #expect(facts.output.contains("Berth instance"))

            let run = try await cluster.berth("exec", "deb", "--", "/bin/sh", "-c", "id -u; echo oops >&2; exit 7", timeout: 120)
            #expect((run.exitCode, run.output) == (7, "0\n"), "\(run)")
            #expect(run.errors.contains("oops"))
            let missing = try await cluster.berth("exec", "deb", "--", "/no/such/program", timeout: 120)
            #expect(missing.exitCode == 1)
            #expect(missing.errors.contains("the guest's agent refuses"), "\(missing)")

            try await cluster.succeed("instance", "stop", "deb", "--wait", "--timeout", "180s", timeout: 200)
            #expect(try await cluster.instance("deb").status.reason == nil)
        }
    }

    private static func makeKey(_ directory: String) async throws {
        let made = try await Executable.run(
            ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", "\(directory)/key"], executable: URL(filePath: "/usr/bin/ssh-keygen"))
        try #require(made.exitCode == 0, "\(made)")
    }

    private static func image() async throws -> String {
        if let given = ProcessInfo.processInfo.environment["BERTH_DEBIAN_IMAGE"] { return given }
        let path = URL(filePath: TinyImage.path).deletingLastPathComponent().appending(path: "debian.qcow2").path
        if FileManager.default.fileExists(atPath: path) { return path }
        let result = try await Executable.run(["image", "build", "debian", "--output", path], timeout: 1200)
        guard result.exitCode == 0 else { throw CommandFailed(command: ["image", "build", "debian"], result: result) }
        return path
    }
}
