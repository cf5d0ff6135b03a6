import ClusterModel

/// A guest at its bridge.
package struct BridgePort: Hashable, Sendable {
    package var instance: InstanceID
    package var mac: String
    package var address: IPv4Address

    package init(instance: InstanceID, mac: String, address: IPv4Address) {
        self.instance = instance
        self.mac = mac
        self.address = address
    }

    /// A device's name has at most 15 bytes.
    package var tap: String { "bt\(instance.description.suffix(12))" }
}

/// The node's rules for one bridge, as nftables reads them: put in place of what was there in one transaction.
package struct BridgeRules {
    package var bridge: String
    package var range: IPv4Range
    package var guestToGuest: Bool
    /// The machine forwarded nothing before there was a bridge, and goes on so for everything else.
    package var forwardsNothingElse: Bool
    package var ports: [BridgePort]

    package init(bridge: String, range: IPv4Range, guestToGuest: Bool, forwardsNothingElse: Bool, ports: [BridgePort]) {
        self.bridge = bridge
        self.range = range
        self.guestToGuest = guestToGuest
        self.forwardsNothingElse = forwardsNothingElse
        self.ports = ports
    }

    /// Of both families.
    static func table(of bridge: String) -> String { "berth_\(bridge)" }
    private var table: String { Self.table(of: bridge) }

    static func removal(of bridge: String) -> String {
        ["ip", "bridge"].map { "add table \($0) \(table(of: bridge))\ndelete table \($0) \(table(of: bridge))\n" }.joined()
    }

    package var text: String { Self.removal(of: bridge) + routed + bridged }

    /// What is routed: out by NAT, in only what belongs to that, and of the node itself its DHCP, its DNS and its echo.
    private var routed: String {
        """
        table ip \(table) {
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr \(range) oifname != "\(bridge)" masquerade
          }
          chain forward {
            type filter hook forward priority filter; policy accept;
            iifname "\(bridge)" oifname "\(bridge)" \(guestToGuest ? "accept" : "counter drop")
            iifname "\(bridge)" ip saddr \(range) accept
            oifname "\(bridge)" ct state established,related accept
            iifname "\(bridge)" counter drop
            oifname "\(bridge)" counter drop
            \(forwardsNothingElse ? "iifname != \"berth*\" oifname != \"berth*\" drop" : "")
          }
          chain input {
            type filter hook input priority filter; policy accept;
            iifname != { "lo", "\(bridge)" } ip daddr \(range) drop
            iifname != "\(bridge)" accept
            ct state established,related accept
            udp dport 67 accept
            ip daddr \(range.gateway) meta l4proto { tcp, udp } th dport 53 accept
            ip daddr \(range.gateway) icmp type echo-request accept
            counter drop
          }
        }

        """
    }

    /// What crosses the bridge: from each tap only its guest's own addresses, IPv4 alone.
    private var bridged: String {
        let triples = ports.sorted { $0.tap < $1.tap }.map { "\"\($0.tap)\" . \($0.mac) . \($0.address)" }
        let pairs = ports.sorted { $0.tap < $1.tap }.map { "\"\($0.tap)\" . \($0.mac)" }
        return """
            table bridge \(table) {
              counter spoofed { }
              set guests { type ifname . ether_addr . ipv4_addr;\(elements(triples)) }
              set taps { type ifname;\(elements(ports.map { "\"\($0.tap)\"" }.sorted())) }
              set links { type ifname . ether_addr;\(elements(pairs)) }
              chain prerouting {
                type filter hook prerouting priority filter; policy accept;
                iifname != @taps accept
                iifname . ether saddr != @links counter name spoofed drop
                ether type ip6 drop
                ether type ip iifname . ether saddr . ip saddr @guests accept
                ether type ip ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept
                ether type arp iifname . arp saddr ether . arp saddr ip @guests accept
                ether type arp iifname . arp saddr ether @links arp saddr ip 0.0.0.0 accept
                counter name spoofed drop
              }
              chain forward {
                type filter hook forward priority filter; policy accept;
                iifname @taps \(guestToGuest ? "accept" : "counter drop")
              }
            }

            """
    }

    private func elements(_ list: [String]) -> String { list.isEmpty ? "" : " elements = { \(list.joined(separator: ", ")) }" }
}
