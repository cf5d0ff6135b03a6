/// A set of slots for the length of one decision: a bit each, so that sets are held against each other 64 nodes at a time.
struct SlotMask: Sendable {
    private(set) var words: [UInt64]

    init(slots: Int) { words = Array(repeating: 0, count: (slots + 63) >> 6) }

    var isEmpty: Bool { !words.contains { $0 != 0 } }

    var count: Int {
        var count = 0
        for word in words { count += word.nonzeroBitCount }
        return count
    }

    @inline(__always)
    func contains(_ slot: Int32) -> Bool { words[Int(slot >> 6)] & (1 << UInt64(slot & 63)) != 0 }

    mutating func insert(_ slot: Int32) { words[Int(slot >> 6)] |= 1 << UInt64(slot & 63) }
    mutating func remove(_ slot: Int32) { words[Int(slot >> 6)] &= ~(1 << UInt64(slot & 63)) }

    mutating func formUnion(_ set: SlotSet) {
        words.withUnsafeMutableBufferPointer { words in set.forEachWord { words[$0] |= $1 } }
    }

    mutating func subtract(_ set: SlotSet) {
        words.withUnsafeMutableBufferPointer { words in set.forEachWord { words[$0] &= ~$1 } }
    }

    mutating func formIntersection(_ set: SlotSet) {
        let others = set.words
        if others.isEmpty {
            var kept: [(place: Int, bits: UInt64)] = []
            set.forEachWord { place, bits in if words[place] & bits != 0 { kept.append((place, bits)) } }
            words = Array(repeating: 0, count: words.count)
            for (place, bits) in kept { words[place] |= bits }
        } else {
            let common = min(words.count, others.count)
            for place in 0..<common { words[place] &= others[place] }
            for place in common..<words.count { words[place] = 0 }
        }
    }

    /// Of the same slots.
    mutating func subtract(_ mask: SlotMask) { subtract(words: mask.words[...]) }

    mutating func subtract(words others: ArraySlice<UInt64>) {
        words.withUnsafeMutableBufferPointer { words in
            others.withUnsafeBufferPointer { others in
                for place in 0..<min(words.count, others.count) { words[place] &= ~others[place] }
            }
        }
    }

    @inline(__always)
    func forEach(_ body: (Int32) -> Void) {
        for (place, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                body(Int32(place << 6 | rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
    }

    /// Whether one of the set's members is here.
    func meets(_ set: SlotSet) -> Bool {
        var meets = false
        set.forEachWord { if words[$0] & $1 != 0 { meets = true } }
        return meets
    }
}
