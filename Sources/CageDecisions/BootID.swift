/// One boot of one machine. CLOCK_BOOTTIME starts anew with each, so a moment means nothing without it.
package struct BootID: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// As the kernel writes it: 32 hexadecimal digits with dashes between.
    package init?(_ text: some StringProtocol) {
        var digits: [UInt64] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39: digits.append(UInt64(byte - 0x30))
            case 0x61...0x66: digits.append(UInt64(byte - 0x61 + 10))
            case 0x41...0x46: digits.append(UInt64(byte - 0x41 + 10))
            case 0x2D: continue
            default: return nil
            }
            guard digits.count <= 32 else { return nil }
        }
        guard digits.count == 32 else { return nil }
        high = digits[..<16].reduce(0) { $0 << 4 | $1 }
        low = digits[16...].reduce(0) { $0 << 4 | $1 }
    }
}
