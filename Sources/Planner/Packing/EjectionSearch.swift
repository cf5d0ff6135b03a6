import ClusterModel

/// Packs every item into a fixed number of bins, or runs out of steps. Items without a bin wait on a stack; the top one goes where those that it drives
/// out are the least stubborn, and stubbornness grows each time an item finds no room. Random legal moves between bins follow each step.
/// After Nagata and Bräysy, "A powerful route minimization heuristic for the vehicle routing problem with time windows" (2009).
struct EjectionSearch {
    let lanes: LaneVectors
    private let width: Int
    private let guards: UInt64
    /// The items' words, then a bin's.
    private let need: [UInt64]
    private let count: Int
    private(set) var bins: Int
    private var free: [UInt64]
    private var first: [Int32]
    private var next: [Int32]
    private var previous: [Int32]
    /// -1 while an item waits.
    private(set) var binOf: [Int32]
    private var stubbornness: [Int32]
    private(set) var waiting: [Int32] = []
    private var generator: SeededGenerator
    /// Then a bin may become too full when something leaves it.
    private let hasNegativeSizes: Bool
    /// Fit tests so far: the measure of the budget.
    private(set) var steps = 0

    init(_ instance: PackingInstance, packed: [[Int]], seed: UInt64) {
        lanes = LaneVectors(instance)
        hasNegativeSizes = instance.hasNegativeSizes
        width = lanes.width
        guards = lanes.guards
        count = instance.count
        var words: [UInt64] = []
        words.reserveCapacity(count * lanes.width)
        let dimensions = instance.dimensions
        for item in 0..<count { lanes.append(instance.sizes[item * dimensions..<(item + 1) * dimensions], to: &words) }
        need = words
        var empty: [UInt64] = []
        lanes.append(instance.capacity, to: &empty)
        bins = packed.count
        free = (0..<packed.count).flatMap { _ in empty }
        first = Array(repeating: -1, count: packed.count)
        next = Array(repeating: -1, count: count)
        previous = next
        binOf = next
        stubbornness = Array(repeating: 1, count: count)
        generator = SeededGenerator(seed: seed)
        for (bin, items) in packed.enumerated() { for item in items { put(Int32(item), into: bin) } }
    }

    var packing: [[Int]] {
        var packed = Array(repeating: [Int](), count: bins)
        for item in 0..<count where binOf[item] >= 0 { packed[Int(binOf[item])].append(item) }
        return packed
    }

    private mutating func put(_ item: Int32, into bin: Int) {
        for word in 0..<width { free[bin * width + word] &-= need[Int(item) * width + word] }
        let head = first[bin]
        next[Int(item)] = head
        previous[Int(item)] = -1
        if head >= 0 { previous[Int(head)] = item }
        first[bin] = item
        binOf[Int(item)] = Int32(truncatingIfNeeded: bin)
    }

    private mutating func take(_ item: Int32) {
        let bin = Int(binOf[Int(item)])
        for word in 0..<width { free[bin * width + word] &+= need[Int(item) * width + word] }
        let before = previous[Int(item)]
        let after = next[Int(item)]
        if before >= 0 { next[Int(before)] = after } else { first[bin] = after }
        if after >= 0 { previous[Int(after)] = before }
        binOf[Int(item)] = -1
    }

    /// Empties the bin whose items are the least stubborn, and puts the last bin in its place.
    mutating func dropBin() {
        var chosen = 0
        var least = Int.max
        for bin in 0..<bins {
            var sum = 0
            var item = first[bin]
            while item >= 0 {
                sum += Int(stubbornness[Int(item)])
                item = next[Int(item)]
            }
            if sum < least { (least, chosen) = (sum, bin) }
        }
        while first[chosen] >= 0 {
            let item = first[chosen]
            take(item)
            waiting.append(item)
        }
        let last = bins - 1
        while chosen != last, first[last] >= 0 {
            let item = first[last]
            take(item)
            put(item, into: chosen)
        }
        bins = last
        first.removeLast()
        free.removeLast(width)
    }

    /// True when every item has a bin; false when `limit` steps are done or `stop` says so.
    mutating func settle(limit: Int, stop: () -> Bool) -> Bool {
        var rounds = 0
        while let item = waiting.popLast() {
            guard steps < limit, rounds & 255 != 0 || !stop() else {
                waiting.append(item)
                return false
            }
            rounds += 1
            if let bin = roomyBin(for: item) {
                put(item, into: bin)
            } else {
                if stubbornness[Int(item)] < Int32.max / 4 { stubbornness[Int(item)] += 1 }
                eject(for: item)
                disturb()
            }
        }
        return true
    }

    @inline(__always) private func fits(_ item: Int32, in bin: Int) -> Bool {
        for word in 0..<width where ((free[bin * width + word] &+ guards) &- need[Int(item) * width + word]) & guards != guards { return false }
        return true
    }

    @inline(__always) private func fits(_ item: Int32, in bin: Int, without out: Int32) -> Bool {
        for word in 0..<width {
            let room = free[bin * width + word] &+ need[Int(out) * width + word]
            if ((room &+ guards) &- need[Int(item) * width + word]) & guards != guards { return false }
        }
        return true
    }

    @inline(__always) private func fits(_ item: Int32, in bin: Int, without out: Int32, _ other: Int32) -> Bool {
        for word in 0..<width {
            let room = free[bin * width + word] &+ need[Int(out) * width + word] &+ need[Int(other) * width + word]
            if ((room &+ guards) &- need[Int(item) * width + word]) & guards != guards { return false }
        }
        return true
    }

    @inline(__always) private func fits(_ item: Int32, in bin: Int, without out: Int32, _ other: Int32, _ third: Int32) -> Bool {
        for word in 0..<width {
            let room =
                free[bin * width + word] &+ need[Int(out) * width + word] &+ need[Int(other) * width + word] &+ need[Int(third) * width + word]
            if ((room &+ guards) &- need[Int(item) * width + word]) & guards != guards { return false }
        }
        return true
    }

    private func staysLegal(_ bin: Int, without out: Int32) -> Bool {
        for word in 0..<width where (free[bin * width + word] &+ need[Int(out) * width + word] &+ guards) & guards != guards { return false }
        return true
    }

    private mutating func roomyBin(for item: Int32) -> Int? {
        let start = generator.below(bins)
        steps += bins
        for bin in start..<bins where fits(item, in: bin) { return bin }
        for bin in 0..<start where fits(item, in: bin) { return bin }
        return nil
    }

    /// Puts the item into the bin that it can enter by driving out one to three of the least stubborn; where none can, it goes under the stack.
    private mutating func eject(for item: Int32) {
        var best = Int32.max
        var chosen = (bin: -1, a: Int32(-1), b: Int32(-1), c: Int32(-1))
        let start = generator.below(bins)
        for offset in 0..<bins {
            let bin = start + offset < bins ? start + offset : start + offset - bins
            var a = first[bin]
            while a >= 0 {
                let stubbornA = stubbornness[Int(a)]
                if stubbornA < best {
                    steps += 1
                    if fits(item, in: bin, without: a) {
                        best = stubbornA
                        chosen = (bin, a, -1, -1)
                    } else {
                        var b = next[Int(a)]
                        while b >= 0 {
                            let stubbornAB = stubbornA &+ stubbornness[Int(b)]
                            if stubbornAB < best {
                                steps += 1
                                if fits(item, in: bin, without: a, b) {
                                    best = stubbornAB
                                    chosen = (bin, a, b, -1)
                                } else {
                                    var c = next[Int(b)]
                                    while c >= 0 {
                                        let all = stubbornAB &+ stubbornness[Int(c)]
                                        if all < best {
                                            steps += 1
                                            if fits(item, in: bin, without: a, b, c) {
                                                best = all
                                                chosen = (bin, a, b, c)
                                            }
                                        }
                                        c = next[Int(c)]
                                    }
                                }
                            }
                            b = next[Int(b)]
                        }
                    }
                }
                a = next[Int(a)]
            }
        }
        guard chosen.bin >= 0 else {
            waiting.insert(item, at: 0)
            return
        }
        for out in [chosen.a, chosen.b, chosen.c] where out >= 0 {
            take(out)
            waiting.append(out)
        }
        put(item, into: chosen.bin)
    }

    /// Random legal moves and exchanges.
    private mutating func disturb() {
        for _ in 0..<Self.disturbances {
            let a = Int32(truncatingIfNeeded: generator.below(count))
            let b = Int32(truncatingIfNeeded: generator.below(count))
            let (from, to) = (Int(binOf[Int(a)]), Int(binOf[Int(b)]))
            guard from >= 0, to >= 0, from != to else { continue }
            steps += 2
            if fits(a, in: to), !hasNegativeSizes || staysLegal(from, without: a) {
                take(a)
                put(a, into: to)
            } else if fits(a, in: to, without: b), fits(b, in: from, without: a) {
                take(a)
                take(b)
                put(a, into: to)
                put(b, into: from)
            }
        }
    }

    private static let disturbances = 50
}
