import FoundationEssentials

import ClusterModel

/// Places by id: open addressing, since ids are random bits already and a lookup is then one cache line.
struct IdentifierTable<Kind>: Sendable {
    private struct Entry {
        var high: UInt64
        var low: UInt64
        var place: Int32
    }

    private var entries: [Entry]
    private(set) var count = 0
    private static var vacant: Entry { Entry(high: 0, low: 0, place: -1) }

    init() { entries = Array(repeating: Self.vacant, count: 16) }

    subscript(id: ID<Kind>) -> Int32? {
        let (high, low) = Self.words(of: id)
        let place = entries[find(high, low)].place
        return place < 0 ? nil : place
    }

    /// False, and nothing done, where the id is there already.
    mutating func insert(_ id: ID<Kind>, _ place: Int32) -> Bool {
        if (count + 1) * 4 > entries.count * 3 { grow() }
        let (high, low) = Self.words(of: id)
        let home = find(high, low)
        guard entries[home].place < 0 else { return false }
        entries[home] = Entry(high: high, low: low, place: place)
        count += 1
        return true
    }

    mutating func remove(_ id: ID<Kind>) -> Int32? {
        let (high, low) = Self.words(of: id)
        var hole = find(high, low)
        let place = entries[hole].place
        guard place >= 0 else { return nil }
        count -= 1
        let mask = entries.count - 1
        var next = (hole + 1) & mask
        while entries[next].place >= 0 {
            let home = home(entries[next].high, entries[next].low)
            // An entry may fill the hole unless its home lies behind it.
            if (next &- home) & mask >= (next &- hole) & mask {
                entries[hole] = entries[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        entries[hole] = Self.vacant
        return place
    }

    private static func words(of id: ID<Kind>) -> (UInt64, UInt64) {
        withUnsafeBytes(of: id.rawValue.uuid) { ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) }
    }

    private func home(_ high: UInt64, _ low: UInt64) -> Int {
        let mixed = (high ^ (low &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed >> 32) & (entries.count - 1)
    }

    /// Where the id is, or the free place where it would go.
    private func find(_ high: UInt64, _ low: UInt64) -> Int {
        let mask = entries.count - 1
        var place = home(high, low)
        while entries[place].place >= 0, entries[place].high != high || entries[place].low != low { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = entries
        entries = Array(repeating: Self.vacant, count: old.count * 2)
        for entry in old where entry.place >= 0 { entries[find(entry.high, entry.low)] = entry }
    }
}
