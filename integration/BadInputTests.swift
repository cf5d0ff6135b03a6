import ClusterModel
import Foundation
import Testing

@Suite("bad input gets one clear sentence and the right exit code", .serialized, .timeLimit(.minutes(5)))
struct BadInputTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var arguments: [String]
        var exitCode: Int32
        /// Words that the sentence must contain.
        var says: [String]
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let commands: [Case] = [
        Case(arguments: ["launch", "a/b"], exitCode: 2, says: ["a/b", "name"]),
        Case(arguments: ["launch", "--require", "rack"], exitCode: 2, says: ["rack", "key=value"]),
        Case(arguments: ["launch", "x", "--size", "no-such-size"], exitCode: 3, says: ["no-such-size"]),
        Case(arguments: ["launch", "x", "--image", "no-such-image"], exitCode: 3, says: ["no-such-image"]),
        Case(arguments: ["launch", "x", "--count", "0"], exitCode: 2, says: ["count"]),
        Case(arguments: ["launch", "x", "--count", "9223372036854775807"], exitCode: 2, says: ["count"]),
        Case(arguments: ["instance", "show", "nobody"], exitCode: 3, says: ["nobody"]),
        Case(arguments: ["instance", "show", "../../etc/passwd"], exitCode: 2, says: []),
        Case(arguments: ["node", "cordon", "nowhere"], exitCode: 3, says: ["nowhere"]),
        Case(arguments: ["size", "create", "zero", "--cpu", "0", "--memory", "1GiB", "--disk", "1GiB"], exitCode: 2, says: ["cpu"]),
        Case(
            arguments: ["size", "create", "huge", "--cpu", "1", "--memory", "9223372036854775808MiB", "--disk", "1GiB"], exitCode: 2, says: ["memory"]
        ),
        Case(arguments: ["size", "create", "unit", "--cpu", "1", "--memory", "512", "--disk", "1GiB"], exitCode: 2, says: ["512MiB"]),
        Case(arguments: ["image", "import", "/no/such/file", "--name", "x", "--format", "raw"], exitCode: 3, says: ["/no/such/file"]),
        Case(arguments: ["operation", "cancel", "not-an-id"], exitCode: 3, says: ["not-an-id"]),
        Case(arguments: ["frobnicate"], exitCode: 2, says: ["frobnicate"]),
        Case(arguments: ["instance", "list", "-o", "xml"], exitCode: 2, says: ["xml"]),
    ]

    @Test("from the command line")
    func commandLine() async throws {
        try await Cluster.run(.synthetic(1)) { cluster in
            try await cluster.importAnyImage()
            for attempt in Self.commands {
                let result = try await Executable.run(
                    attempt.arguments, environment: ["BERTH_ENDPOINT": cluster.endpoint, "XDG_CONFIG_HOME": cluster.scratch.url.path], timeout: 20)
                #expect(result.exitCode == attempt.exitCode, "\(attempt.testDescription): \(result)")
                for word in attempt.says { #expect(result.errors.contains(word), "\(attempt.testDescription): \(result)") }
                #expect(result.output.isEmpty, "nothing but data goes to standard output: \(result)")
            }
            #expect(try await cluster.succeed("instance", "list", "-o", "name").output.isEmpty, "nothing half done is left")
        }
    }

    @Test("a launch that fits nowhere fails at once with the reasons, exit code 7, and leaves nothing; with --queue it waits for room")
    func noCapacity() async throws {
        try await Cluster.run(.synthetic(2)) { cluster in
            try await cluster.importAnyImage()
            try await cluster.succeed("size", "create", "whale", "--cpu", "1", "--memory", "64GiB", "--disk", "1GiB")
            let refused = try await cluster.berth("launch", "moby", "--size", "whale")
            #expect(refused.exitCode == 7, "\(refused)")
            #expect(refused.errors.contains("memory"), "\(refused)")
            #expect(try await cluster.berth("instance", "show", "moby").exitCode == 3)

            try await cluster.succeed("node", "cordon", "n1")
            try await cluster.succeed("node", "cordon", "n2")
            try await cluster.succeed("launch", "patient", "--queue", "--no-wait")
            #expect(try await cluster.instance("patient").status.state == .pending)
            try await cluster.succeed("node", "uncordon", "n2")
            try await cluster.succeed("wait", "patient", "--for", "running", "--timeout", "30s", timeout: 40)
            #expect(try await cluster.instance("patient").placement?.nodeName.text == "n2")
        }
    }

    @Test("from configuration files: an unknown key, a wrong unit, a foreign address, a port in use")
    func configurations() async throws {
        let scratch = try Scratch("config")
        defer { scratch.remove() }
        let good = "dataDirectory: \(scratch.url.path)/c\nlisten: 127.0.0.1:0\n"
        for (text, words) in [
            (good + "lissten: x\n", ["controller.yaml:3", "lissten"]), (good + "heartbeat: {interval: 3}\n", ["controller.yaml:3", "500ms"]),
            ("dataDirectory: \(scratch.url.path)/c\nlisten: 0.0.0.0:0\naccess: open\n", ["loopback"]), ("dataDirectory: [\n", ["controller.yaml"]),
            (good + "heartbeat: {interval: 30s, suspectAfter: 2s, lostAfter: 5s}\n", ["suspectAfter"]),
        ] {
            let file = try scratch.write(text, to: "controller.yaml")
            let result = try await Executable.run(["controller", "run", "--config", file], timeout: 20)
            #expect(result.exitCode == 2, "\(text): \(result)")
            for word in words { #expect(result.errors.contains(word), "\(text): \(result)") }
        }
        let missing = try await Executable.run(["agent", "run", "--config", "\(scratch.url.path)/none.yaml"], timeout: 20)
        #expect(missing.exitCode == 2)
        #expect(missing.errors.contains("none.yaml"))

        try await Cluster.run(.synthetic(1)) { cluster in
            let port = cluster.endpoint.split(separator: ":").last.map(String.init) ?? ""
            let file = try scratch.write("dataDirectory: \(scratch.url.path)/d\nlisten: 127.0.0.1:\(port)\n", to: "controller.yaml")
            let result = try await Executable.run(["controller", "run", "--config", file], timeout: 20)
            #expect(result.exitCode == 1, "\(result)")
            #expect(result.errors.contains(port) && result.errors.contains("in use"), "\(result)")
        }
    }

    @Test("an agent without QEMU says which package to install, and check prints it too")
    func missingQEMU() async throws {
        let scratch = try Scratch("noqemu")
        defer { scratch.remove() }
        let file = try scratch.write(
            "controller: http://127.0.0.1:1\nname: n1\ndataDirectory: \(scratch.url.path)/n1\nvmm: qemu\nqemu: /no/such/qemu\n", to: "agent.yaml")
        let run = try await Executable.run(["agent", "run", "--config", file], timeout: 20)
        #expect(run.exitCode == 1, "\(run)")
        #expect(run.errors.contains("/no/such/qemu"), "\(run)")
        let check = try await Executable.run(["agent", "check", "--config", file], timeout: 60)
        #expect(check.exitCode == 1, "\(check)")
        #expect(check.output.contains("apt-get install"), "\(check)")
    }

    @Test("no controller: exit code 9 and the endpoint in the sentence")
    func unreachable() async throws {
        let result = try await Executable.run(["instance", "list", "--endpoint", "http://127.0.0.1:1"], timeout: 20)
        #expect(result.exitCode == 9, "\(result)")
        #expect(result.errors.contains("127.0.0.1:1"), "\(result)")
    }
}
