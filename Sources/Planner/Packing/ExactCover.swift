/// Chooses fillings so that every item is in exactly one, the item with the fewest choices first (Knuth's algorithm X, with counters instead of links).
struct ExactCover {
    enum Answer { case packing([[Int]]), impossible, outOfSteps }

    private let fillings: [[Int32]]
    private let wastes: [[Int]]
    private var slack: [Int]
    /// The fillings that hold an item.
    private var holders: [[Int32]]
    /// How many chosen fillings share an item with a filling.
    private var blocked: [Int32]
    /// How many unblocked fillings hold an item; -1 for a covered item.
    private var choices: [Int32]
    private(set) var steps = 0

    init(_ tight: TightFillings, of instance: PackingInstance) {
        fillings = tight.fillings
        slack = tight.slack
        wastes = tight.fillings.map { filling in
            (0..<instance.dimensions).map { dimension in
                instance.capacity[dimension] - filling.reduce(0) { $0 + instance.size(Int($1), dimension) }
            }
        }
        holders = Array(repeating: [], count: instance.count)
        for (index, filling) in fillings.enumerated() { for item in filling { holders[Int(item)].append(Int32(index)) } }
        blocked = Array(repeating: 0, count: fillings.count)
        choices = holders.map { Int32($0.count) }
    }

    mutating func solve(limit: Int, stop: () -> Bool) -> Answer {
        var rounds = 0
        /// The options of each level, and the one that is tried.
        var levels: [(options: [Int32], position: Int)] = []
        var covered = [Bool](repeating: false, count: holders.count)
        while true {
            rounds += 1
            guard steps <= limit, rounds & 255 != 0 || !stop() else { return .outOfSteps }
            var chosen = -1
            for item in choices.indices where !covered[item] && (chosen < 0 || choices[item] < choices[chosen]) { chosen = item }
            steps += choices.count / 4
            if chosen < 0 { return .packing(levels.map { fillings[Int($0.options[$0.position])].map { Int($0) } }) }
            levels.append((holders[chosen].filter { blocked[Int($0)] == 0 && affordable(Int($0)) }, -1))
            while var level = levels.popLast() {
                if level.position >= 0 { choose(Int(level.options[level.position]), covered: &covered, undo: true) }
                level.position += 1
                if level.position < level.options.count {
                    choose(Int(level.options[level.position]), covered: &covered, undo: false)
                    levels.append(level)
                    break
                }
            }
            if levels.isEmpty { return .impossible }
        }
    }

    private func affordable(_ filling: Int) -> Bool { zip(wastes[filling], slack).allSatisfy { $0 <= $1 } }

    private mutating func choose(_ filling: Int, covered: inout [Bool], undo: Bool) {
        for dimension in slack.indices { slack[dimension] += undo ? wastes[filling][dimension] : -wastes[filling][dimension] }
        for item in fillings[filling] {
            covered[Int(item)] = !undo
            for holder in holders[Int(item)] {
                steps += 1
                if undo { blocked[Int(holder)] -= 1 }
                if blocked[Int(holder)] == 0 {
                    steps += fillings[Int(holder)].count
                    for other in fillings[Int(holder)] { choices[Int(other)] += undo ? 1 : -1 }
                }
                if !undo { blocked[Int(holder)] += 1 }
            }
        }
    }
}
