/// A set of node slots: a sorted list while there are few of them, a bit each when there are many.
struct SlotSet: Sendable {
    private var few: [Int32] = []
    private var bits: [UInt64] = []
    private(set) var count = 0

    private static let mostInList = 256

    var isEmpty: Bool { count == 0 }

    func contains(_ slot: Int32) -> Bool {
        if !bits.isEmpty {
            let word = Int(slot >> 6)
            return word < bits.count && bits[word] & (1 << UInt64(slot & 63)) != 0
        }
        let place = place(of: slot)
        return place < few.count && few[place] == slot
    }

    mutating func insert(_ slot: Int32) {
        guard !contains(slot) else { return }
        count += 1
        if bits.isEmpty {
            few.insert(slot, at: place(of: slot))
            if few.count > Self.mostInList { spreadOut() }
        } else {
            setBit(slot)
        }
    }

    mutating func remove(_ slot: Int32) {
        guard contains(slot) else { return }
        count -= 1
        if bits.isEmpty {
            few.remove(at: place(of: slot))
        } else {
            bits[Int(slot >> 6)] &= ~(1 << UInt64(slot & 63))
            if count < Self.mostInList / 2 {
                var list: [Int32] = []
                forEach { list.append($0) }
                (few, bits) = (list, [])
            }
        }
    }

    func forEach(_ body: (Int32) -> Void) {
        forEachWord { word, content in
            var rest = content
            while rest != 0 {
                body(Int32(word << 6 | rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
    }

    /// The members as bits of words. A word may come more than once, each time with other bits.
    @inline(__always)
    func forEachWord(_ body: (Int, UInt64) -> Void) {
        for slot in few { body(Int(slot >> 6), 1 << UInt64(slot & 63)) }
        for (word, content) in bits.enumerated() where content != 0 { body(word, content) }
    }

    /// All words where there is a bit for each slot; empty where the members are a list.
    var words: [UInt64] { bits }

    private func place(of slot: Int32) -> Int {
        var low = 0
        var high = few.count
        while low < high {
            let middle = (low + high) / 2
            if few[middle] < slot { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func spreadOut() {
        let list = few
        few = []
        bits = [0]
        for slot in list { setBit(slot) }
    }

    private mutating func setBit(_ slot: Int32) {
        let word = Int(slot >> 6)
        while bits.count <= word { bits.append(0) }
        bits[word] |= 1 << UInt64(slot & 63)
    }
}
