import ClusterModel
import Glibc

/// What a machine must have for bridges.
package enum NetworkNeeds {
    package struct Lack: Hashable, Sendable {
        /// As a part of a sentence.
        package var what: String
        package var remedy: String
    }

    static let ip = ["/usr/sbin/ip", "/usr/bin/ip", "/sbin/ip"]
    static let nft = ["/usr/sbin/nft", "/sbin/nft"]
    static let dnsmasq = ["/usr/sbin/dnsmasq"]
    static let tun = "/dev/net/tun"
    /// linux/capability.h
    private static let netAdmin = 12

    static func path(_ places: [String]) -> String? { places.first { access($0, X_OK) == 0 } }

    package static func missing() -> [Lack] {
        var lacks: [Lack] = []
        for (places, package) in [(nft, "nftables"), (dnsmasq, "dnsmasq-base"), (ip, "iproute2")] where path(places) == nil {
            lacks.append(Lack(what: "\(package) is not installed", remedy: "apt-get install --no-install-recommends \(package)"))
        }
        if access(tun, R_OK | W_OK) != 0 {
            let isThere = access(tun, F_OK) == 0
            lacks.append(
                Lack(what: isThere ? "\(tun) may not be opened" : "there is no \(tun)", remedy: isThere ? "chmod 0666 \(tun)" : "modprobe tun"))
        }
        if !mayMakeDevices() {
            lacks.append(
                Lack(
                    what: "the agent lacks CAP_NET_ADMIN",
                    remedy: "systemctl edit berth-agent   # add: [Service] AmbientCapabilities=CAP_NET_ADMIN, or run it as root"))
        }
        return lacks
    }

    private static func mayMakeDevices() -> Bool {
        let text = DurableFile.read("/proc/self/status", limit: 8192).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let word = line?.split(whereSeparator: { $0 == "\t" || $0 == " " }).last.flatMap { UInt64($0, radix: 16) } ?? 0
        return word >> UInt64(netAdmin) & 1 == 1
    }
}
