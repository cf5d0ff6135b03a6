import CSpawn
import ClusterModel
import FoundationEssentials
import Glibc
import Logging

/// A bridge of the node's own behind NAT. It is there while guests are: made with the first, taken away with the last, and mended whenever a part is missing.
package actor BridgeNetwork: NetworkDriver {
    package nonisolated let facts: NodeNetwork
    private let settings: NetworkSettings
    private let range: IPv4Range
    private let logger: Logger
    /// What of this bridge has to be known to the next agent of this boot.
    private let directory: String
    private let lock: FileLock
    private let dhcp: DHCPServer
    private var ports: [InstanceID: BridgePort] = [:]
    /// The last of the changes, which are made one after another.
    private var tail: Task<Void, Never> = Task {}

    private static let look = Duration.seconds(10)
    private static let forwarding = "/proc/sys/net/ipv4/ip_forward"

    package init(_ settings: NetworkSettings, range: IPv4Range, logger: Logger) throws(WorkFailure) {
        self.settings = settings
        self.range = range
        self.logger = logger
        facts = NodeNetwork(mode: .bridge, range: range)
        var space = stat()
        // A bridge's name is its network namespace's.
        guard stat("/proc/self/ns/net", &space) == 0 else { throw WorkFailure("cannot see the network namespace") }
        directory = "/run/berth/network/\(settings.bridge)-\(space.st_ino)"
        do {
            try DurableFile.makeDirectory("/run/berth", mode: 0o711)
            for path in ["/run/berth/network", directory] {
                try DurableFile.makeDirectory(path, mode: 0o755)
                chmod(path, 0o755)
            }
        } catch { throw WorkFailure(error) }
        lock = try FileLock(
            "\(directory)/lock", ifHeld: "another agent has the bridge \(settings.bridge); name another in the configuration's “network”")
        dhcp = DHCPServer(bridge: settings.bridge, range: range, directory: directory)
        if let taken = Self.overlap(of: range, besides: settings.bridge) {
            throw WorkFailure("the range \(range) overlaps with what the device \(taken) reaches; choose another", isLasting: true)
        }
        guard !NetworkTool.isDevice(settings.bridge) || access("\(directory)/range", F_OK) == 0 else {
            throw WorkFailure("there is a device \(settings.bridge) already that no agent has made; name another bridge", isLasting: true)
        }
    }

    package nonisolated func network(of instance: DesiredInstance) -> GuestNetwork {
        GuestNetwork(of: instance.id, bridged: instance.network.flatMap { range.holds($0.address) ? $0 : nil })
    }

    package func connect(_ instance: DesiredInstance) async throws(WorkFailure) -> GuestTap? {
        guard let port = port(of: instance) else { return nil }
        ports[instance.id] = port
        try await serially { network throws(WorkFailure) in try await network.apply() }
        let descriptor = cspawn_tap(port.tap)
        guard descriptor >= 0 else { throw WorkFailure("cannot make the tap device \(port.tap): \(String(cString: strerror(-descriptor)))") }
        let tap = GuestTap(descriptor)
        try? NetworkTool.set("/proc/sys/net/ipv6/conf/\(port.tap)/disable_ipv6", "1")
        try await NetworkTool.ip("link", "set", "dev", port.tap, "master", settings.bridge, "up")
        return tap
    }

    package func disconnect(_ instance: InstanceID) async {
        guard ports.removeValue(forKey: instance) != nil else { return }
        await settle()
    }

    package func takeUp(_ running: [DesiredInstance]) async {
        for instance in running { ports[instance.id] = port(of: instance) }
        await settle()
    }

    package func keep() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.look)
            if !ports.isEmpty, await !isWhole() {
                logger.warning("a part of the guests' network is missing and is made again", metadata: ["bridge": "\(settings.bridge)"])
                await settle()
            }
        }
    }

    private func port(of instance: DesiredInstance) -> BridgePort? {
        let network = network(of: instance)
        return network.bridged.map { BridgePort(instance: instance.id, mac: network.mac, address: $0.address) }
    }

    private func settle() async {
        do throws(WorkFailure) {
            try await serially { network throws(WorkFailure) in try await network.apply() }
        } catch { logger.error("the guests' network is not as it should be", metadata: ["bridge": "\(settings.bridge)", "why": "\(error)"]) }
    }

    private func serially(_ change: @escaping @Sendable (isolated BridgeNetwork) async throws(WorkFailure) -> Void) async throws(WorkFailure) {
        let before = tail
        let task = Task { () -> WorkFailure? in
            await before.value
            do throws(WorkFailure) { try await change(self) } catch { return error }
            return nil
        }
        tail = Task { _ = await task.value }
        if let failure = await task.value { throw failure }
    }
}

// MARK: - What is there

extension BridgeNetwork {
    /// Makes everything as the ports want it, whatever is there.
    private func apply() async throws(WorkFailure) {
        guard !ports.isEmpty else { return try await takeAway() }
        let mark = "\(directory)/range"
        let text = Data("\(range)\n".utf8)
        if let other = DurableFile.read(mark, limit: 64), other != text { try await takeAway() }
        do { try DurableFile.write(text, to: mark) } catch { throw WorkFailure(error) }
        let forwardsNothingElse = try forward()
        let all = ports.values.sorted { $0.tap < $1.tap }
        // The rules first: no guest says a word before them.
        try await NetworkTool.nft(
            BridgeRules(
                bridge: settings.bridge, range: range, guestToGuest: settings.guestToGuest, forwardsNothingElse: forwardsNothingElse, ports: all
            ).text)
        try await makeBridge()
        let members = try await NetworkTool.members(of: settings.bridge)
        for port in all where NetworkTool.isDevice(port.tap) && !members.contains(port.tap) {
            try await NetworkTool.ip("link", "set", "dev", port.tap, "master", settings.bridge, "up")
        }
        try await dhcp.serve(all)
    }

    private func makeBridge() async throws(WorkFailure) {
        let bridge = settings.bridge
        guard !NetworkTool.isDevice(bridge) else { return }
        // An address of its own, so that it is not that of some guest and guests know it again.
        let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: range.gateway.bits >> UInt32($0)) }
        let mac = (["02", "be"] + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }).joined(separator: ":")
        try await NetworkTool.ip("link", "add", "name", bridge, "address", mac, "type", "bridge", "stp_state", "0", "forward_delay", "0")
        try? NetworkTool.set("/proc/sys/net/ipv6/conf/\(bridge)/disable_ipv6", "1")
        try await NetworkTool.ip("address", "replace", "\(range.gateway)/\(range.prefix)", "dev", bridge)
        try await NetworkTool.ip("link", "set", "dev", bridge, "up")
    }

    private var forwardingMark: String { "\(directory)/forwarding" }

    /// Guests need a machine that forwards. Where this one did not, it begins to for them alone, and the mark says so.
    private func forward() throws(WorkFailure) -> Bool {
        if DurableFile.read(Self.forwarding, limit: 8)?.first == UInt8(ascii: "0") {
            do { try DurableFile.write(Data(), to: forwardingMark) } catch { throw WorkFailure(error) }
            try NetworkTool.set(Self.forwarding, "1")
        }
        return access(forwardingMark, F_OK) == 0
    }

    private func takeAway() async throws(WorkFailure) {
        guard access("\(directory)/range", F_OK) == 0 else { return }
        await dhcp.stop()
        if NetworkTool.isDevice(settings.bridge) { try await NetworkTool.ip("link", "delete", "dev", settings.bridge) }
        try await NetworkTool.nft(BridgeRules.removal(of: settings.bridge))
        if access(forwardingMark, F_OK) == 0 {
            try NetworkTool.set(Self.forwarding, "0")
            unlink(forwardingMark)
        }
        unlink("\(directory)/range")
    }

    private func isWhole() async -> Bool {
        guard NetworkTool.isDevice(settings.bridge), dhcp.isAlive, DurableFile.read(Self.forwarding, limit: 8)?.first == UInt8(ascii: "1") else {
            return false
        }
        guard let members = try? await NetworkTool.members(of: settings.bridge) else { return false }
        for port in ports.values where NetworkTool.isDevice(port.tap) && !members.contains(port.tap) { return false }
        let table = BridgeRules.table(of: settings.bridge)
        guard await NetworkTool.hasTable("ip", table) else { return false }
        return await NetworkTool.hasTable("bridge", table)
    }

    /// A device with a route into the range.
    private static func overlap(of range: IPv4Range, besides bridge: String) -> String? {
        let table = DurableFile.read("/proc/net/route", limit: 1 << 20).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let wanted = UInt32.max << UInt32(32 - range.prefix)
        for line in table.split(separator: "\n").dropFirst() {
            let words = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            // Of the machine's own byte order.
            guard words.count >= 8, words[0] != bridge, let network = UInt32(words[1], radix: 16)?.byteSwapped,
                let mask = UInt32(words[7], radix: 16)?.byteSwapped, mask != 0
            else { continue }
            let common = wanted & mask
            if network & common == range.network.bits & common { return String(words[0]) }
        }
        return nil
    }
}
