/// How the guests of a node reach the world, as its agent says.
package struct NodeNetwork: Hashable, Sendable, Codable {
    package enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
        /// A bridge of the node's own behind NAT: each guest has an address from the node's range.
        case bridge
        /// QEMU's user networking: each guest is alone.
        case user
    }

    package var mode: Mode
    /// Nil in mode `user`. Ranges of two nodes may be the same, since each is behind its node's NAT.
    package var range: IPv4Range?
    /// Why it is `user` where a bridge was asked for or would be better.
    package var reason: String?

    package init(mode: Mode, range: IPv4Range? = nil, reason: String? = nil) {
        self.mode = mode
        self.range = range
        self.reason = reason
    }
}

/// An instance's place in its node's network.
package struct InstanceNetwork: Hashable, Sendable, Codable {
    package var address: IPv4Address
    package var prefix: Int
    /// The node, which answers there as nameserver too.
    package var gateway: IPv4Address

    package init(address: IPv4Address, prefix: Int, gateway: IPv4Address) {
        self.address = address
        self.prefix = prefix
        self.gateway = gateway
    }

    package init(_ address: IPv4Address, in range: IPv4Range) {
        self.init(address: address, prefix: range.prefix, gateway: range.gateway)
    }
}
