import FoundationEssentials

import ClusterModel

/// Finds places in an array of things by their ids: open addressing over eight bytes an entry, so that a lookup touches one cache line here and then the
/// thing itself, which knows its id.
struct IdentifierTable: ~Copyable, Sendable {
    /// The upper half is the hash, the lower the place.
    private var entries = Column<UInt64>(repeating: vacant, count: 16)
    private(set) var count = 0
    private static let vacant = UInt64.max

    func copy() -> IdentifierTable {
        var copy = IdentifierTable()
        copy.entries = entries.copy()
        copy.count = count
        return copy
    }

    /// `words` tells the id of the thing at a place.
    @inline(__always)
    func place(of id: IDWords, words: (Int32) -> IDWords) -> Int32? {
        let mask = entries.count - 1
        let hash = id.hash
        var at = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = entries[at]
            if entry == Self.vacant { return nil }
            if entry >> 32 == hash {
                let place = Int32(truncatingIfNeeded: entry)
                if words(place) == id { return place }
            }
            at = (at + 1) & mask
        }
    }

    /// The id must not be there.
    mutating func insert(_ id: IDWords, _ place: Int32) {
        if (count + 1) * 4 > entries.count * 3 { grow() }
        count += 1
        put(id.hash << 32 | UInt64(UInt32(bitPattern: place)))
    }

    /// The id must be at that place.
    mutating func remove(_ id: IDWords, _ place: Int32) {
        let mask = entries.count - 1
        let wanted = id.hash << 32 | UInt64(UInt32(bitPattern: place))
        var hole = Int(truncatingIfNeeded: id.hash) & mask
        while entries[hole] != wanted {
            guard entries[hole] != Self.vacant else { return }
            hole = (hole + 1) & mask
        }
        count -= 1
        var next = (hole + 1) & mask
        while entries[next] != Self.vacant {
            let home = Int(truncatingIfNeeded: entries[next] >> 32) & mask
            // An entry may fill the hole unless its home lies behind it.
            if (next &- home) & mask >= (next &- hole) & mask {
                entries[hole] = entries[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        entries[hole] = Self.vacant
    }

    private mutating func put(_ entry: UInt64) {
        let mask = entries.count - 1
        var at = Int(truncatingIfNeeded: entry >> 32) & mask
        while entries[at] != Self.vacant { at = (at + 1) & mask }
        entries[at] = entry
    }

    private mutating func grow() {
        let old = entries.copy()
        entries = Column(repeating: Self.vacant, count: old.count * 2)
        for place in 0..<old.count where old[place] != Self.vacant { put(old[place]) }
    }
}

/// The bits of an id as two numbers.
struct IDWords: Equatable, Sendable {
    var high: UInt64
    var low: UInt64

    @inline(__always)
    init<Kind>(_ id: ID<Kind>) {
        (high, low) = withUnsafeBytes(of: id.rawValue.uuid) {
            (UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)), UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    /// 32 bits, of which the lowest are as well mixed as the highest.
    fileprivate var hash: UInt64 {
        let mixed = (high ^ (low &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
        return mixed >> 32
    }
}
