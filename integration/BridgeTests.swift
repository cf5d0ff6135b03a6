import ClusterModel
import Foundation
import Testing

@Suite(
    "guests on a node's bridge", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: getuid() == 0, "making network namespaces takes root"))
struct BridgeTests {
    private static let range = "10.222.7.0/24"

    private static var shape: Cluster.Shape {
        var shape = Cluster.Shape.qemu(1, lines: "network: {mode: bridge, range: \(range)}")
        shape.hasNetworks = true
        return shape
    }

    @Test(
        "two guests get addresses of the node's range, reach the outside and not each other, can't speak for another, and outlive their agent's death"
    )
    func bridge() async throws {
        try await Cluster.run(Self.shape) { cluster in
            let network = try cluster.network(of: "n1")
            let outside = try #require(network.endpoint.split(separator: "/").last?.split(separator: ":").first.map(String.init))
            let shown = try await cluster.succeed("node", "show", "n1").output
            #expect(shown.contains("bridge behind NAT, \(Self.range)"))
            try await cluster.importTinyImage()
            for name in ["one", "two"] { try await cluster.succeed("launch", name, "--wait", "--timeout", "60s", timeout: 90) }
            let one = try await cluster.instance("one")
            let two = try await cluster.instance("two")
            let address = try #require(one.status.address)
            let other = try #require(two.status.address)
            #expect(address.hasPrefix("10.222.7.") && other.hasPrefix("10.222.7.") && address != other)
            let said = try await cluster.consoleOnceReady("one")
            #expect(said.contains("address=\(address)/24"))
            #expect(said.contains("gateway=reachable"))
            _ = try await cluster.consoleOnceReady("two")

            // It has its guest's tap device and no other network.
            let devices = try String(contentsOfFile: "/proc/\(try #require(one.status.pid))/net/dev", encoding: .utf8)
            #expect(devices.split(separator: "\n").dropFirst(2).count == 1 && devices.contains("lo:"), "\(devices)")

            // Only a translated source finds its way back from there.
            try await cluster.say("one", "ping -c 1 -W 5 \(outside) >/dev/null && echo outside-$((40+2))", "outside-42")
            try await cluster.say("one", "ping -c 1 -W 2 \(other) >/dev/null || echo apart-$((40+2))", "apart-42")
            let before = try await network.spoofed()
            try await cluster.say(
                "one", "ip address add 10.222.7.77/24 dev eth0; ping -c 1 -W 2 -I 10.222.7.77 \(outside) >/dev/null || echo false-$((40+2))",
                "false-42")
            #expect(try await network.spoofed() > before)
            try await cluster.say("one", "ip address del 10.222.7.77/24 dev eth0; echo ba''ck", "back")

            try await cluster.say(
                "one", "(while :; do nc -l -p 7000 -e /bin/busybox sed 's/^/guest says /'; done) & sleep 1; echo liste''ns", "listens")
            let answer = try await eventually("the guest answers", within: 30) {
                let result = try await Executable.run(
                    ["port-forward", "one", "7000"], environment: ["BERTH_ENDPOINT": cluster.endpoint, "XDG_CONFIG_HOME": cluster.scratch.url.path],
                    input: "hello\n", timeout: 20)
                return result.output.isEmpty ? nil : result.output
            }
            #expect(answer == "guest says hello\n")

            try await cluster.say("two", "(sleep 1; ping -c 12 -W 1 \(outside) | grep loss) & echo pin''gs", "pings")
            await cluster.killAgent("n1")
            try await Task.sleep(for: .seconds(3))
            try cluster.startAgent("n1")
            _ = try await eventually("no packet was lost over the agent's death", within: 40) {
                try await cluster.berth("logs", "two").output.contains("12 packets transmitted, 12 packets received") ? true : nil
            }
            #expect(try await cluster.instance("one").status.address == address)

            try await network.breakBridge()
            _ = try await eventually("the bridge is mended", within: 40) {
                try? await cluster.say("one", "ping -c 1 -W 2 \(outside) >/dev/null && echo mended-$((40+2))", "mended-42")
            }
            for name in ["one", "two"] { try await cluster.succeed("instance", "delete", name, "--wait", "--timeout", "60s") }
            _ = try await eventually("nothing is left", within: 20) { try await network.hasBridge() ? nil : true }
            #expect(try await network.tables() == "")
            #expect(cluster.processes(mentioning: "--dhcp-range=10.222.7.0").isEmpty)
        }
    }

    @Test("a node that can not make its bridge says why, and its guests have user networking")
    func fallsBack() async throws {
        // What loopback reaches can't be given to guests.
        var shape = Cluster.Shape.qemu(1, lines: "network: {range: 10.222.8.0/24}")
        shape.hasNetworks = true
        shape.prepareNetwork = { network in try await network.takeAddress("10.222.8.1/24") }
        try await Cluster.run(shape) { cluster in
            let shown = try await cluster.succeed("node", "show", "n1").output
            #expect(
                shown.contains("user networking, each guest alone: the range 10.222.8.0/24 overlaps with what the device eth0 reaches"), "\(shown)")
            #expect(try await cluster.node("n1").facts.network?.mode == .user)
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "alone", "--wait", "--timeout", "60s", timeout: 90)
            #expect(try await cluster.instance("alone").status.address == "10.0.2.15")
        }
    }
}

extension Cluster {
    /// Writes a line to the guest's shell, and waits until the console has said `answer`, which the line itself doesn't hold.
    func say(_ instance: String, _ line: String, _ answer: String) async throws {
        let before = try await berth("logs", instance).output.components(separatedBy: answer).count
        _ = try await Executable.run(
            ["console", instance, "--timeout", "3s"], environment: ["BERTH_ENDPOINT": endpoint, "XDG_CONFIG_HOME": scratch.url.path],
            input: "\n\(line)\n", timeout: 30)
        _ = try await eventually("\(instance) says \(answer)", within: 20, every: .milliseconds(300)) {
            try await berth("logs", instance).output.components(separatedBy: answer).count > before ? true : nil
        }
    }
}

extension NodeNetwork {
    private func inside(_ program: String, _ arguments: String...) async throws -> Executable.Result {
        let (nsenter, words) = words(URL(filePath: program), arguments)
        return try await Executable.run(words, timeout: 20, executable: nsenter)
    }

    /// Packets that said they came from another than their guest.
    func spoofed() async throws -> Int {
        let text = try await inside("/usr/sbin/nft", "list", "counter", "bridge", "berth_berth0", "spoofed").output
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "\t" })
        return words.firstIndex(of: "packets").flatMap { Int(words[$0 + 1]) } ?? 0
    }

    func takeAddress(_ address: String) async throws {
        let result = try await inside("/usr/sbin/ip", "address", "add", address, "dev", "eth0")
        guard result.exitCode == 0 else { throw CommandFailed(command: ["ip", "address", "add", address], result: result) }
    }

    func tables() async throws -> String { try await inside("/usr/sbin/nft", "list", "tables").output }
    func hasBridge() async throws -> Bool { try await inside("/usr/sbin/ip", "link", "show", "berth0").exitCode == 0 }

    /// As a careless administrator would.
    func breakBridge() async throws {
        _ = try await inside("/usr/sbin/ip", "link", "delete", "berth0")
        _ = try await inside("/usr/sbin/nft", "flush", "ruleset")
    }
}
