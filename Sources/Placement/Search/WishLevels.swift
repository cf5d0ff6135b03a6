/// The wishes that each node leaves unfulfilled, as a binary number whose digits are masks: what many nodes have in common is added to all of them at once.
struct WishLevels {
    private let width: Int
    /// Digit after digit, the lowest first, of `width` words each.
    private var digits: [UInt64] = []

    init(slots: Int) { width = (slots + 63) >> 6 }

    mutating func add(_ cost: Int, to set: SlotSet) { set.forEachWord { add(cost, place: $0, bits: $1) } }

    mutating func add(_ cost: Int, to mask: SlotMask) {
        for (place, bits) in mask.words.enumerated() where bits != 0 { add(cost, place: place, bits: bits) }
    }

    mutating func add(_ cost: Int, to slot: Int32) { add(cost, place: Int(slot >> 6), bits: 1 << UInt64(slot & 63)) }

    private mutating func add(_ cost: Int, place: Int, bits: UInt64) {
        var rest = cost
        var digit = 0
        while rest > 0 {
            if rest & 1 != 0 { carry(bits, into: digit, place: place) }
            rest >>= 1
            digit += 1
        }
    }

    private mutating func carry(_ bits: UInt64, into digit: Int, place: Int) {
        var carried = bits
        var at = digit * width + place
        while carried != 0 {
            while at >= digits.count { digits.append(contentsOf: repeatElement(0, count: width)) }
            let old = digits[at]
            digits[at] = old ^ carried
            carried &= old
            at += width
        }
    }

    /// Takes the nodes of the least cost out of those that are left.
    func takeLeast(from left: inout SlotMask) -> (cost: Int, nodes: SlotMask)? {
        guard !left.isEmpty else { return nil }
        var least = left
        var cost = 0
        for digit in (0..<(width == 0 ? 0 : digits.count / width)).reversed() {
            cost <<= 1
            if !least.narrow(toZeroIn: digits[(digit * width)..<((digit + 1) * width)]) { cost |= 1 }
        }
        left.subtract(least)
        return (cost, least)
    }
}

extension SlotMask {
    /// Keeps those without their bit in `digit`, unless all have it.
    fileprivate mutating func narrow(toZeroIn digit: ArraySlice<UInt64>) -> Bool {
        var narrowed = self
        narrowed.subtract(words: digit)
        guard !narrowed.isEmpty else { return false }
        self = narrowed
        return true
    }
}
