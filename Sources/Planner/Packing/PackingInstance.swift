/// Items to be packed into as few equal bins as possible: vector bin packing.
package struct PackingInstance: Hashable, Sendable {
    package let capacity: [Int]
    package let count: Int
    /// Item after item, `dimensions` numbers each.
    package let sizes: [Int]

    package static let maximumDimensions = 64
    package static let maximumItems = 100_000
    package static let maximumCapacity = 1 << 29
    /// The most room that a bin can have in a dimension; above its capacity only where items give room.
    let reach: Int
    /// Caprara's triplets have a few items that give room instead of taking it.
    package let hasNegativeSizes: Bool

    package var dimensions: Int { capacity.count }

    /// Nil unless every item fits an empty bin and the limits hold; `VBPReader` says what is wrong with a file.
    package init?(capacity: [Int], items: [[Int]]) {
        guard (1...Self.maximumDimensions).contains(capacity.count), items.count <= Self.maximumItems,
            capacity.allSatisfy({ (0...Self.maximumCapacity).contains($0) }),
            items.allSatisfy({ $0.count == capacity.count && zip($0, capacity).allSatisfy { (-$1...$1).contains($0) } })
        else { return nil }
        let given = capacity.indices.map { dimension in items.reduce(0) { $0 + max(0, -$1[dimension]) } }
        reach = zip(capacity, given).map { $0 + 2 * $1 }.max() ?? 0
        guard reach < 1 << 30 else { return nil }
        hasNegativeSizes = given.contains { $0 > 0 }
        self.capacity = capacity
        count = items.count
        sizes = items.flatMap { $0 }
    }

    package func size(_ item: Int, _ dimension: Int) -> Int { sizes[item * capacity.count + dimension] }

    /// No bin above its capacity, and every item in one.
    package func accepts(_ bins: [[Int]]) -> Bool {
        var seen = [Bool](repeating: false, count: count)
        for bin in bins {
            var used = [Int](repeating: 0, count: dimensions)
            for item in bin {
                guard (0..<count).contains(item), !seen[item] else { return false }
                seen[item] = true
                for dimension in 0..<dimensions { used[dimension] += size(item, dimension) }
            }
            guard zip(used, capacity).allSatisfy({ $0 <= $1 }) else { return false }
        }
        return seen.allSatisfy { $0 }
    }
}
