/// Moves instances from the fullest nodes to emptier ones, each move the one that levels the most, until nothing levels any more.
struct LoadLevelling {
    private(set) var state: RebalanceState
    private(set) var moves: [RebalanceState.Move] = []
    private var movesLeft: Int
    private var memoryLeft: Int64
    private let isStopped: () -> Bool

    init(_ state: RebalanceState, maxMoves: Int, maxMemory: Int64, isStopped: @escaping () -> Bool) {
        self.isStopped = isStopped
        self.state = state
        movesLeft = maxMoves
        memoryLeft = maxMemory
    }

    mutating func run() {
        var moved = Set<Int>()
        var stuck = Set<Int>()
        while movesLeft > 0, !isStopped(), let fullest = fullestNode(except: stuck) {
            guard let move = bestMove(from: fullest, except: moved) else {
                stuck.insert(fullest)
                continue
            }
            state.perform(move)
            moves.append(move)
            moved.insert(move.instance)
            movesLeft -= 1
            memoryLeft -= state.memory(move.instance)
        }
    }

    private func fullestNode(except stuck: Set<Int>) -> Int? {
        var fullest: Int?
        for node in 0..<state.nodeCount where !state.instances[node].isEmpty && !stuck.contains(node) {
            if fullest.map({ state.load(node) > state.load($0) }) ?? true { fullest = node }
        }
        return fullest
    }

    /// The move after which the fuller of both nodes is the least full, and clearly less so than this one is now.
    private mutating func bestMove(from node: Int, except moved: Set<Int>) -> RebalanceState.Move? {
        let now = state.load(node)
        var best: RebalanceState.Move?
        var least = now - Self.worthwhile
        for instance in state.instances[node].map({ Int($0) }) where !moved.contains(instance) && state.memory(instance) <= memoryLeft {
            for target in 0..<state.nodeCount
            where target != node && !state.closed[target] && state.fits(instance, target) && state.allows(instance, target) {
                let after = max(state.load(target, with: instance), state.load(node, without: instance))
                if after < least, state.permits(instance, target) { (least, best) = (after, .init(instance: instance, from: node, to: target)) }
            }
        }
        return best
    }

    /// A move costs more than a smaller gain is worth.
    private static let worthwhile = 0.01
}

extension RebalanceState {
    func load(_ node: Int, with instance: Int) -> Double { load(node) { need(instance, $0, on: node) } }
    func load(_ node: Int, without instance: Int) -> Double { load(node) { -need(instance, $0, on: node) } }

    private func load(_ node: Int, more: (Int) -> Int64) -> Double {
        (0..<kinds).reduce(0) { highest, kind in
            let total = capacity[node * kinds + kind]
            return total > 0 ? max(highest, Double(total - free[node * kinds + kind] + more(kind)) / Double(total)) : highest
        }
    }
}
