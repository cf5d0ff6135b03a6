/// A number for a pair of small numbers: open addressing over 64-bit keys.
struct CountTable: ~Copyable, Sendable {
    private var keys = Column<UInt64>(repeating: vacant, count: 16)
    private var values = Column<Int32>(repeating: 0, count: 16)
    private(set) var count = 0
    private static let vacant = UInt64.max

    func copy() -> CountTable {
        var copy = CountTable()
        copy.keys = keys.copy()
        copy.values = values.copy()
        copy.count = count
        return copy
    }

    static func key(_ first: Int32, _ second: Int32) -> UInt64 { UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second)) }

    subscript(key: UInt64) -> Int32? {
        get {
            let place = find(key)
            return keys[place] == key ? values[place] : nil
        }
        set {
            if let newValue { set(key, newValue) } else { remove(key) }
        }
    }

    private mutating func set(_ key: UInt64, _ value: Int32) {
        if (count + 1) * 4 > keys.count * 3 { grow() }
        let place = find(key)
        if keys[place] != key { count += 1 }
        keys[place] = key
        values[place] = value
    }

    private mutating func remove(_ key: UInt64) {
        var hole = find(key)
        guard keys[hole] == key else { return }
        count -= 1
        let mask = keys.count - 1
        var next = (hole + 1) & mask
        while keys[next] != Self.vacant {
            // An entry may fill the hole unless its home lies behind it.
            if (next &- home(keys[next])) & mask >= (next &- hole) & mask {
                keys[hole] = keys[next]
                values[hole] = values[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        keys[hole] = Self.vacant
    }

    private func home(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (keys.count - 1)
    }

    private func find(_ key: UInt64) -> Int {
        let mask = keys.count - 1
        var place = home(key)
        while keys[place] != key, keys[place] != Self.vacant { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let oldKeys = keys.copy()
        let oldValues = values.copy()
        keys = Column(repeating: Self.vacant, count: oldKeys.count * 2)
        values = Column(repeating: 0, count: oldKeys.count * 2)
        for old in 0..<oldKeys.count where oldKeys[old] != Self.vacant {
            let place = find(oldKeys[old])
            keys[place] = oldKeys[old]
            values[place] = oldValues[old]
        }
    }
}
