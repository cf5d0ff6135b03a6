/// The node's lease as the agent writes it down for cages and guard: 48 bytes that are read while they may be written.
///
///     0  magic and version       8  boot id (16)       24  deadline       32  sequence       40  checksum of all before
///
/// Numbers are little-endian. The deadline is in nanoseconds of CLOCK_BOOTTIME.
package struct LeaseRecord: Hashable, Sendable {
    package var boot: BootID
    package var deadline: UInt64
    /// Rises with each writing.
    package var sequence: UInt64

    package static let size = 48
    private static let magic: UInt64 = 0x0001_6573_6165_6C62

    package init(boot: BootID, deadline: UInt64, sequence: UInt64) {
        self.boot = boot
        self.deadline = deadline
        self.sequence = sequence
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.size)
        for word in [Self.magic, boot.high, boot.low, deadline, sequence] { Self.append(word, to: &bytes) }
        Self.append(Self.checksum(bytes), to: &bytes)
        return bytes
    }

    /// Nil for anything but a whole record: a torn one, an empty file, somebody else's.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size, Self.word(bytes, at: 0) == Self.magic, Self.word(bytes, at: 40) == Self.checksum(bytes.prefix(40)) else {
            return nil
        }
        boot = BootID(high: Self.word(bytes, at: 8), low: Self.word(bytes, at: 16))
        deadline = Self.word(bytes, at: 24)
        sequence = Self.word(bytes, at: 32)
    }

    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    private static func word(_ bytes: [UInt8], at offset: Int) -> UInt64 {
        bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// FNV-1a, 64 bits.
    private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
