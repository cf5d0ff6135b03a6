import ClusterModel

/// The order in which ties between nodes are broken: by name, then by id. The first sixteen bytes of a name decide almost always.
struct SlotOrder: ~Copyable, Sendable {
    struct Prefix: BitwiseCopyable {
        var first: UInt64 = 0
        var second: UInt64 = 0
    }

    private var prefixes = Column<Prefix>()
    private(set) var names: [Name] = []
    private(set) var ids: [NodeID] = []

    func copy() -> SlotOrder {
        var copy = SlotOrder()
        copy.prefixes = prefixes.copy()
        copy.names = names
        copy.ids = ids
        return copy
    }

    mutating func set(_ slot: Int32, name: Name, id: NodeID) {
        let prefix = Self.prefix(of: name)
        if Int(slot) == ids.count {
            prefixes.append(prefix)
            names.append(name)
            ids.append(id)
        } else {
            prefixes[Int(slot)] = prefix
            names[Int(slot)] = name
            ids[Int(slot)] = id
        }
    }

    func precedes(_ left: Int32, _ right: Int32) -> Bool {
        let (a, b) = (prefixes[Int(left)], prefixes[Int(right)])
        if a.first != b.first { return a.first < b.first }
        if a.second != b.second { return a.second < b.second }
        return fullyPrecedes(left, right)
    }

    @inline(never)
    private func fullyPrecedes(_ left: Int32, _ right: Int32) -> Bool {
        let (first, second) = (names[Int(left)], names[Int(right)])
        return first == second ? ids[Int(left)] < ids[Int(right)] : first < second
    }

    private static func prefix(of name: Name) -> Prefix {
        var words = Prefix()
        for (place, byte) in name.text.utf8.prefix(16).enumerated() {
            let shifted = UInt64(byte) << UInt64(56 - place % 8 * 8)
            if place < 8 { words.first |= shifted } else { words.second |= shifted }
        }
        return words
    }
}
