/// An IPv4 address; on the wire its dotted text.
package struct IPv4Address: Hashable, Comparable, Sendable {
    package var bits: UInt32
    package init(bits: UInt32) { self.bits = bits }

    /// Four numbers without leading zeros, which some read as octal.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        bits = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part.count == 1 || part.first != "0",
                let number = UInt8(part)
            else { return nil }
            bits = bits << 8 | UInt32(number)
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}

extension IPv4Address: CustomStringConvertible, Codable {
    package var description: String { "\(bits >> 24).\(bits >> 16 & 0xFF).\(bits >> 8 & 0xFF).\(bits & 0xFF)" }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let address = IPv4Address(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "“\(Printable(text, limit: 40))” is no IPv4 address."))
        }
        self = address
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Addresses that one node gives to its guests, such as 10.100.1.0/24. The first is the node's own.
package struct IPv4Range: Hashable, Sendable {
    /// Enough for the guests of any machine, and small enough to be looked through.
    package static let prefixes = 16...29

    package let network: IPv4Address
    package let prefix: Int

    /// Private space alone (RFC 1918, and RFC 6598's shared space): anything else belongs to somebody whom the guests could then not reach.
    private static let privateSpaces: [(network: UInt32, prefix: Int)] = [
        (0x0A00_0000, 8), (0xAC10_0000, 12), (0xC0A8_0000, 16), (0x6440_0000, 10),
    ]

    package struct Failure: Error, CustomStringConvertible { package let description: String }

    package init(_ text: String) throws(Failure) {
        let shown = Printable(text, limit: 40)
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(parts[0]), let prefix = Int(parts[1]), "\(prefix)" == parts[1] else {
            throw Failure(description: "“\(shown)” is no range of addresses: write one such as 10.100.1.0/24")
        }
        guard Self.prefixes.contains(prefix) else {
            throw Failure(description: "“\(shown)” has a prefix of \(prefix): \(Self.prefixes.lowerBound) to \(Self.prefixes.upperBound) is allowed")
        }
        let mask = UInt32.max << UInt32(32 - prefix)
        guard address.bits & ~mask == 0 else {
            throw Failure(description: "“\(shown)” begins inside its range: write \(IPv4Address(bits: address.bits & mask))/\(prefix)")
        }
        guard Self.privateSpaces.contains(where: { address.bits >> UInt32(32 - $0.prefix) == $0.network >> UInt32(32 - $0.prefix) }) else {
            throw Failure(description: "“\(shown)” is not private: choose from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10")
        }
        network = address
        self.prefix = prefix
    }

    package var gateway: IPv4Address { IPv4Address(bits: network.bits + 1) }
    private var count: UInt32 { 1 << UInt32(32 - prefix) }
    /// Those that guests get: all but the network's, the node's and the broadcast address.
    package var guests: ClosedRange<UInt32> { network.bits + 2...network.bits + count - 2 }
    package func holds(_ address: IPv4Address) -> Bool { guests.contains(address.bits) }
}

extension IPv4Range: CustomStringConvertible, Codable {
    package var description: String { "\(network)/\(prefix)" }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do throws(Failure) { try self.init(text) } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
