/// The fillings of one bin that a packing into `bins` bins can use: those that waste no more of any dimension than there is to waste in all.
/// Where the bound is tight these are few, and finding them all makes the rest an exact cover.
struct TightFillings {
    /// Ascending items per filling.
    private(set) var fillings: [[Int32]] = []
    /// What a packing into `bins` bins leaves free in each dimension.
    let slack: [Int]
    private(set) var steps = 0

    /// Nil when there are more than can be found in `limit` steps or held, or when `stop` says so.
    init?(_ instance: PackingInstance, bins: Int, limit: Int, stop: @escaping () -> Bool) {
        slack = (0..<instance.dimensions).map { dimension in
            bins * instance.capacity[dimension] - (0..<instance.count).reduce(0) { $0 + instance.size($1, dimension) }
        }
        guard slack.allSatisfy({ $0 >= 0 }), instance.count <= Self.maximumItems else { return nil }
        var walk = Walk(instance, slack: slack, limit: limit, stop: stop)
        for item in 0..<instance.count {
            guard walk.visit(Int32(item), room: walk.empty, depth: 0) else { return nil }
        }
        fillings = walk.found
        steps = walk.steps
    }

    private static let maximumItems = 2000
    private static let maximumFillings = 200_000
    private static let maximumDepth = 64
    private static let stepsBetweenQuestions = 1 << 16

    private struct Walk {
        let lanes: LaneVectors
        let need: [UInt64]
        let empty: [UInt64]
        /// What may stay free.
        let waste: [UInt64]
        /// The most room that items from here on can give, by item.
        let gift: [UInt64]
        let count: Int32
        let limit: Int
        let stop: () -> Bool
        var steps = 0
        var nextQuestion = 0
        var chosen: [Int32] = []
        var found: [[Int32]] = []

        init(_ instance: PackingInstance, slack: [Int], limit: Int, stop: @escaping () -> Bool) {
            lanes = LaneVectors(instance)
            count = Int32(instance.count)
            self.limit = limit
            self.stop = stop
            var words: [UInt64] = []
            let dimensions = instance.dimensions
            for item in 0..<instance.count { lanes.append(instance.sizes[item * dimensions..<(item + 1) * dimensions], to: &words) }
            need = words
            words = []
            lanes.append(instance.capacity, to: &words)
            empty = words
            words = []
            lanes.append(zip(slack, instance.capacity).map { min($0, $1) }, to: &words)
            waste = words
            var gifts = [Int](repeating: 0, count: (instance.count + 1) * dimensions)
            for item in (0..<instance.count).reversed() {
                for dimension in 0..<dimensions {
                    gifts[item * dimensions + dimension] = gifts[(item + 1) * dimensions + dimension] + max(0, -instance.size(item, dimension))
                }
            }
            words = []
            for item in 0...instance.count { lanes.append(gifts[item * dimensions..<(item + 1) * dimensions], to: &words) }
            gift = words
        }

        /// Adds the item, notes the filling where it is tight, and goes on with the later items. False when a limit is met.
        mutating func visit(_ item: Int32, room before: [UInt64], depth: Int) -> Bool {
            var room = before
            let width = lanes.width
            for word in 0..<width { room[word] &-= need[Int(item) * width + word] }
            guard depth < TightFillings.maximumDepth else { return false }
            if steps >= nextQuestion {
                if stop() { return false }
                nextQuestion = steps + TightFillings.stepsBetweenQuestions
            }
            chosen.append(item)
            defer { chosen.removeLast() }
            var legal = true
            var tight = true
            for word in 0..<width {
                if (room[word] &+ lanes.guards) & lanes.guards != lanes.guards { legal = false }
                if (waste[word] &+ lanes.guards &- room[word]) & lanes.guards != lanes.guards { tight = false }
            }
            if legal, tight {
                guard found.count < TightFillings.maximumFillings else { return false }
                found.append(chosen)
            }
            var later = item + 1
            while later < count {
                steps += 1
                var possible = true
                for word in 0..<width
                where (room[word] &+ lanes.guards &+ gift[Int(later + 1) * width + word] &- need[Int(later) * width + word]) & lanes.guards
                    != lanes.guards
                {
                    possible = false
                }
                if possible, !visit(later, room: room, depth: depth + 1) { return false }
                later += 1
            }
            return steps <= limit
        }
    }
}
