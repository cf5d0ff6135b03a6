import FoundationEssentials

/// FNV-1a, 64 bits, over kind, key and body. Each of its steps is a bijection of the state, so a single changed byte always changes the sum;
/// SQLite's own integrity check does not look at payloads.
package enum RowChecksum {
    package static func of(kind: Int64, key: Int64, body: Data) -> Int64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        for number in [kind, key] {
            var rest = UInt64(bitPattern: number)
            for _ in 0..<8 {
                add(UInt8(truncatingIfNeeded: rest))
                rest >>= 8
            }
        }
        body.withUnsafeBytes { bytes in
            for byte in bytes { add(byte) }
        }
        return Int64(bitPattern: sum)
    }
}
