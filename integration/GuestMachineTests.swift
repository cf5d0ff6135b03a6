import ClusterModel
import Foundation
import Testing

@Suite("what a guest's machine has, under TCG", .serialized, .timeLimit(.minutes(5)))
struct GuestMachineTests {
    @Test("a guest whose kernel panics is seen, named as that, and started again by its policy; one that is never restarted has failed")
    func panic() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "once", "--restart", "never", "--wait", "--timeout", "60s")
            try await cluster.succeed("launch", "again", "--wait", "--timeout", "60s")
            let first = try await cluster.instance("again").status.pid
            for name in ["once", "again"] {
                _ = try await cluster.consoleOnceReady(name)
                _ = try await Executable.run(
                    ["console", name, "--timeout", "5s"],
                    environment: ["BERTH_ENDPOINT": cluster.endpoint, "XDG_CONFIG_HOME": cluster.scratch.url.path],
                    input: "\necho c >/proc/sysrq-trigger\n", timeout: 30)
            }
            let failed = try await eventually("once has failed", within: 60) {
                let status = try await cluster.instance("once").status
                return status.state == .failed ? status : nil
            }
            #expect(failed.reason?.contains("kernel panicked") == true, "\(failed.reason ?? "")")
            _ = try await eventually("again runs anew", within: 60) {
                let status = try await cluster.instance("again").status
                return status.state == .running && status.pid != first && status.restarts == 1 ? true : nil
            }
        }
    }

    @Test("a port of the guest is reached through controller and node; one where nobody listens is closed")
    func port() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "web", "--wait", "--timeout", "60s")
            _ = try await cluster.consoleOnceReady("web")
            let environment = ["BERTH_ENDPOINT": cluster.endpoint, "XDG_CONFIG_HOME": cluster.scratch.url.path]
            _ = try await Executable.run(
                ["console", "web", "--timeout", "5s"], environment: environment,
                input: "\n(while :; do nc -l -p 7000 -e /bin/busybox sed 's/^/guest says /'; done) &\n", timeout: 30)
            for text in ["one", "two"] {
                let answer = try await eventually("the guest answers", within: 30) {
                    let result = try await Executable.run(
                        ["port-forward", "web", "7000"], environment: environment, input: "\(text)\n", timeout: 20)
                    return result.output.isEmpty ? nil : result.output
                }
                #expect(answer == "guest says \(text)\n")
            }
            let closed = try await Executable.run(["port-forward", "web", "7001"], environment: environment, timeout: 20)
            #expect(closed.output.isEmpty)
            let agent = try await cluster.berth("exec", "web", "--timeout", "1s", "--", "/bin/true")
            #expect(agent.exitCode == 1)
            #expect(agent.errors.contains("qemu-guest-agent"), "\(agent)")
        }
    }

    @Test("an aarch64 guest goes to the node that offers the architecture, boots there and is reached; an x86_64 one does not")
    func aarch64() async throws {
        var shape = Cluster.Shape.qemu(2)
        shape.nodes[1].lines += "architecture: aarch64\n"
        try await Cluster.run(shape) { cluster in
            try await cluster.importTinyImage()
            let image = try await TinyImage.make(architecture: .aarch64)
            try await cluster.succeed(
                "image", "import", image, "--name", "arm", "--format", "linux", "--architecture", "aarch64", timeout: 120)
            #expect(try await cluster.node("n2").facts.architecture == .aarch64)
            try await cluster.succeed("launch", "arm", "--image", "arm", "--wait", "--timeout", "60s")
            try await cluster.succeed("launch", "intel", "--wait", "--timeout", "60s")
            let arm = try await cluster.instance("arm")
            #expect(arm.placement?.nodeName.text == "n2")
            #expect(try await cluster.instance("intel").placement?.nodeName.text == "n1")
            let console = try await cluster.consoleOnceReady("arm")
            #expect(console.contains("-arm64"), "\(console)")
            #expect(console.contains("berth: instance-id=\(arm.id)"))
            #expect(console.contains("berth: gateway=reachable"))
            #expect(!console.contains("berth: error"), "\(console)")
            // No room on its architecture is a refusal by name.
            try await cluster.succeed("node", "cordon", "n2")
            let refused = try await cluster.berth("launch", "more", "--image", "arm", "--dry-run")
            #expect(refused.exitCode == 7)
            #expect(refused.output.contains("aarch64"), "\(refused)")
        }
    }
}
