/// Proven lower bounds on the number of bins. A dimension in which an item gives room counts by its volume only.
package enum PackingBound {
    package static func best(_ instance: PackingInstance) -> Int {
        max(volume(instance), feasibleFunctions(instance), pairs(instance))
    }

    package static func volume(_ instance: PackingInstance) -> Int {
        var bound = instance.count > 0 ? 1 : 0
        for dimension in 0..<instance.dimensions where instance.capacity[dimension] > 0 {
            var total = 0
            for item in 0..<instance.count { total += instance.size(item, dimension) }
            bound = max(bound, (total + instance.capacity[dimension] - 1) / instance.capacity[dimension])
        }
        return bound
    }

    /// The volume bound of each dimension after a dual feasible function: Martello and Toth's L2, Fekete and Schepers' u(k), and Carlier, Clautiaux and
    /// Moukrim's f2, over the item sizes as parameters.
    static func feasibleFunctions(_ instance: PackingInstance) -> Int {
        var bound = 0
        for dimension in 0..<instance.dimensions {
            let capacity = instance.capacity[dimension]
            let sizes = (0..<instance.count).map { instance.size($0, dimension) }
            guard capacity > 0, sizes.allSatisfy({ $0 >= 0 }) else { continue }
            var counts: [Int: Int] = [:]
            for size in sizes where size > 0 { counts[size, default: 0] += 1 }
            let distinct = counts.sorted { $0.key < $1.key }
            let stride = max(1, distinct.count / maximumParameters)
            for index in Swift.stride(from: 0, to: distinct.count, by: stride) {
                let size = distinct[index].key
                let threshold = min(size, capacity - size + 1)
                guard threshold > 0, threshold * 2 <= capacity else { continue }
                var kept = 0
                var steps = 0
                let halves = capacity / threshold
                for (size, count) in distinct {
                    kept += count * (size > capacity - threshold ? capacity : size >= threshold ? size : 0)
                    let step =
                        size * 2 > capacity ? 2 * (halves - (capacity - size) / threshold) : size * 2 == capacity ? halves : 2 * (size / threshold)
                    steps += count * step
                }
                bound = max(bound, (kept + capacity - 1) / capacity, (steps + 2 * halves - 1) / (2 * halves))
            }
            for parts in 1...maximumParts {
                var total = 0
                for (size, count) in distinct {
                    let scaled = size * (parts + 1)
                    total += count * (scaled % capacity == 0 ? size * parts : scaled / capacity * capacity)
                }
                bound = max(bound, (total + capacity * parts - 1) / (capacity * parts))
            }
        }
        return bound
    }

    private static let maximumParameters = 1000
    private static let maximumParts = 60

    /// Where no three items of a set share a bin, the set needs its size less a maximum matching of the pairs that do.
    static func pairs(_ instance: PackingInstance) -> Int {
        guard instance.count <= maximumPairItems, !instance.hasNegativeSizes, instance.count > 0 else { return 0 }
        let lanes = LaneVectors(instance)
        let width = lanes.width
        var need: [UInt64] = []
        var room: [UInt64] = []
        lanes.append(instance.capacity, to: &room)
        for item in 0..<instance.count {
            lanes.append(instance.sizes[item * instance.dimensions..<(item + 1) * instance.dimensions], to: &need)
        }
        func fit(_ a: Int, _ b: Int, _ c: Int?) -> Bool {
            for word in 0..<width {
                let load = need[a * width + word] &+ need[b * width + word] &+ (c.map { need[$0 * width + word] } ?? 0)
                if (room[word] &+ lanes.guards &- load) & lanes.guards != lanes.guards { return false }
            }
            return true
        }
        let orders = (0..<instance.dimensions).map { dimension in
            { (item: Int) in Double(instance.size(item, dimension)) / Double(max(1, instance.capacity[dimension])) }
        }
        let largest = { (item: Int) in orders.reduce(0) { max($0, $1(item)) } }
        let sum = { (item: Int) in orders.reduce(0) { $0 + $1(item) } }
        var bound = 0
        var checksLeft = maximumChecks
        for measure in [largest, sum] {
            let keys = (0..<instance.count).map(measure)
            let order = (0..<instance.count).sorted { keys[$0] != keys[$1] ? keys[$0] > keys[$1] : $0 < $1 }
            var chosen: [Int] = []
            var partners: [[Int]] = []
            var isMine = [Bool](repeating: false, count: instance.count)
            for item in order where checksLeft > 0 {
                let mine = chosen.indices.filter { fit(chosen[$0], item, nil) }
                for partner in mine { isMine[partner] = true }
                let threesome = mine.contains { first in
                    checksLeft -= partners[first].count
                    return partners[first].contains { $0 > first && isMine[$0] && fit(chosen[first], chosen[$0], item) }
                }
                for partner in mine { isMine[partner] = false }
                checksLeft -= chosen.count
                guard !threesome else { continue }
                for partner in mine { partners[partner].append(chosen.count) }
                partners.append(mine)
                chosen.append(item)
            }
            bound = max(bound, chosen.count - Matching.size(partners))
        }
        return bound
    }

    private static let maximumPairItems = 1000
    /// Of items against each other: a set that is cut short bounds as well.
    private static let maximumChecks = 5_000_000
}
