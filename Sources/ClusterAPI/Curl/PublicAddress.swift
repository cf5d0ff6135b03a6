/// Which addresses belong to the public internet: all others are somebody's inside, and what a stranger's URL leads to must not be there.
package enum PublicAddress {
    package static func isPublic(ipv4 bytes: [UInt8]) -> Bool {
        guard bytes.count == 4 else { return false }
        switch (bytes[0], bytes[1], bytes[2]) {
        // This network, private, shared (RFC 6598), loopback, link-local.
        case (0, _, _), (10, _, _), (100, 64...127, _), (127, _, _), (169, 254, _), (172, 16...31, _), (192, 168, _): return false
        // Protocol assignments, documentation, benchmarks.
        case (192, 0, 0), (192, 0, 2), (198, 18...19, _), (198, 51, 100), (203, 0, 113): return false
        case (224..., _, _): return false
        default: return true
        }
    }

    package static func isPublic(ipv6 bytes: [UInt8]) -> Bool {
        guard bytes.count == 16 else { return false }
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF { return isPublic(ipv4: Array(bytes[12...])) }
        // Global unicast is 2000::/3; nothing else is.
        guard bytes[0] & 0xE0 == 0x20 else { return false }
        switch (bytes[0], bytes[1], bytes[2], bytes[3]) {
        // Protocol assignments with Teredo, and documentation.
        case (0x20, 0x01, 0...1, _), (0x20, 0x01, 0x0D, 0xB8), (0x3F, 0xFF, _, _): return false
        // 6to4 carries an IPv4 address.
        case (0x20, 0x02, _, _): return isPublic(ipv4: Array(bytes[2..<6]))
        default: return true
        }
    }
}
