/// A quick packing to begin from: first fit decreasing under several measures of an item's size, the best of them.
enum FirstPacking {
    static func best(of instance: PackingInstance) -> [[Int]] {
        let shares = (0..<instance.count).map { item in
            (0..<instance.dimensions).map { instance.capacity[$0] == 0 ? 0 : Double(instance.size(item, $0)) / Double(instance.capacity[$0]) }
        }
        let demand = (0..<instance.dimensions).map { dimension in shares.reduce(0) { $0 + $1[dimension] } }
        let measures: [([Double]) -> Double] = [
            { $0.reduce(0, +) },
            { $0.max() ?? 0 },
            { $0.reduce(0) { $0 + $1 * $1 } },
            { zip($0, demand).reduce(0) { $0 + $1.0 * $1.1 } },
        ]
        var best: [[Int]]?
        for measure in measures {
            let keys = shares.map(measure)
            let order = (0..<instance.count).sorted { keys[$0] != keys[$1] ? keys[$0] > keys[$1] : $0 < $1 }
            let packed = firstFit(instance, order)
            if packed.count < best?.count ?? .max { best = packed }
        }
        return best ?? []
    }

    private static func firstFit(_ instance: PackingInstance, _ order: [Int]) -> [[Int]] {
        let lanes = LaneVectors(instance)
        var empty: [UInt64] = []
        lanes.append(instance.capacity, to: &empty)
        var free: [UInt64] = []
        var bins: [[Int]] = []
        var need: [UInt64] = []
        for item in order {
            need.removeAll(keepingCapacity: true)
            lanes.append(instance.sizes[item * instance.dimensions..<(item + 1) * instance.dimensions], to: &need)
            let bin = (0..<bins.count).first { bin in
                (0..<lanes.width).allSatisfy { ((free[bin * lanes.width + $0] &+ lanes.guards) &- need[$0]) & lanes.guards == lanes.guards }
            }
            if bin == nil {
                bins.append([])
                free += empty
            }
            let target = bin ?? bins.count - 1
            bins[target].append(item)
            for word in 0..<lanes.width { free[target * lanes.width + word] &-= need[word] }
        }
        return bins
    }
}
