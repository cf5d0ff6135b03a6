import Foundation

/// A network namespace for one agent, joined to the controller's loopback by a veth pair, whose two directions can be cut one by one.
final class NodeNetwork: Sendable {
    enum Direction: CaseIterable { case toController, fromController }

    let name: String
    /// As the agent reaches the controller.
    let endpoint: String
    private let outside: String

    /// - Parameter number: tells the namespaces of one test apart.
    init(number: Int, controller: String) async throws {
        guard let port = controller.split(separator: ":").last else { throw NeverHappened(what: "the controller has a port", seconds: 0) }
        let suffix = String(UInt32.random(in: 0 ... .max), radix: 36)
        name = "berth-\(suffix)"
        outside = "bv\(suffix)"
        let network = "10.\(Int.random(in: 100..<200)).\(Int.random(in: 0..<256))"
        let host = "\(network).\(number * 4 % 252 + 1)"
        let node = "\(network).\(number * 4 % 252 + 2)"
        endpoint = "http://\(host):\(port)"
        do {
            try await Self.run("/usr/sbin/ip", "netns", "add", name)
            try await Self.run("/usr/sbin/ip", "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", name)
            try await Self.run("/usr/sbin/ip", "address", "add", "\(host)/30", "dev", outside)
            try await Self.run("/usr/sbin/ip", "link", "set", outside, "up")
            for words in [["address", "add", "\(node)/30", "dev", "eth0"], ["link", "set", "eth0", "up"], ["link", "set", "lo", "up"]] {
                try await Self.run("/usr/sbin/ip", ["-n", name] + words)
            }
            // The controller listens on loopback only.
            try "1".write(toFile: "/proc/sys/net/ipv4/conf/\(outside)/route_localnet", atomically: false, encoding: .utf8)
            try await Self.nft(
                """
                table ip \(name) {
                    chain entrance { type nat hook prerouting priority dstnat; iifname "\(outside)" tcp dport \(port) dnat to 127.0.0.1:\(port); }
                    chain inbound { type filter hook prerouting priority raw; }
                    chain outbound { type filter hook postrouting priority raw; }
                }
                """)
        } catch {
            await remove()
            throw error
        }
    }

    func cut(_ directions: [Direction]) async throws {
        for direction in directions {
            switch direction {
            case .toController: try await Self.nft("add rule ip \(name) inbound iifname \"\(outside)\" drop")
            case .fromController: try await Self.nft("add rule ip \(name) outbound oifname \"\(outside)\" drop")
            }
        }
    }

    func mend() async throws { try await Self.nft("flush chain ip \(name) inbound\nflush chain ip \(name) outbound") }

    func remove() async {
        try? await Self.nft("delete table ip \(name)")
        try? await Self.run("/usr/sbin/ip", "netns", "delete", name)
        try? await Self.run("/usr/sbin/ip", "link", "delete", outside)
    }

    /// The words that run a program in it.
    func words(_ program: URL, _ arguments: [String]) -> (URL, [String]) {
        (URL(filePath: "/usr/bin/nsenter"), ["--net=/run/netns/\(name)", program.path] + arguments)
    }

    private static func nft(_ text: String) async throws { try await run("/usr/sbin/nft", ["-f", "-"], input: text) }
    private static func run(_ program: String, _ arguments: String...) async throws { try await run(program, arguments) }

    private static func run(_ program: String, _ arguments: [String], input: String? = nil) async throws {
        let result = try await Executable.run(arguments, input: input, timeout: 20, executable: URL(filePath: program))
        guard result.exitCode == 0 else { throw CommandFailed(command: [program] + arguments, result: result) }
    }
}
