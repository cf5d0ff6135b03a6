import ClusterModel

/// The order in which ties between nodes are broken: by name, then by id. The first sixteen bytes of a name decide almost always.
struct SlotOrder: Sendable {
    private var prefixes: [(UInt64, UInt64)] = []
    private(set) var names: [Name] = []
    private(set) var ids: [NodeID] = []

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
        if a.0 != b.0 { return a.0 < b.0 }
        if a.1 != b.1 { return a.1 < b.1 }
        return fullyPrecedes(left, right)
    }

    @inline(never)
    private func fullyPrecedes(_ left: Int32, _ right: Int32) -> Bool {
        let (first, second) = (names[Int(left)], names[Int(right)])
        return first == second ? ids[Int(left)] < ids[Int(right)] : first < second
    }

    private static func prefix(of name: Name) -> (UInt64, UInt64) {
        var words: (UInt64, UInt64) = (0, 0)
        for (place, byte) in name.text.utf8.prefix(16).enumerated() {
            let shifted = UInt64(byte) << UInt64(56 - place % 8 * 8)
            if place < 8 { words.0 |= shifted } else { words.1 |= shifted }
        }
        return words
    }
}
