/// Empties as many nodes as a number of moves can: nodes that cost one move first, then two, and so on. Where an instance fits nowhere, another makes
/// way for it by a move of its own, and a third for that one.
struct NodeEmptying {
    private(set) var state: RebalanceState
    /// In an order in which each is legal when its turn comes.
    private(set) var moves: [RebalanceState.Move] = []
    private(set) var emptied = 0
    private var movesLeft: Int
    private var memoryLeft: Int64
    /// Looks at a node that the search may still take.
    private(set) var stepsLeft: Int
    /// How many moves were made when an attempt failed for want of room, by node: while it is the same, the next fails too.
    private var hopelessSince: [Int]
    /// The same for a kind of instance that fits no node at all.
    private var noRoomSince: [Int]
    /// The search for ways in that last met a kind of instance.
    private var seenIn: [Int]
    private var round = 0
    private let isStopped: () -> Bool

    init(_ state: RebalanceState, maxMoves: Int, maxMemory: Int64, steps: Int, isStopped: @escaping () -> Bool) {
        self.isStopped = isStopped
        self.state = state
        movesLeft = maxMoves
        memoryLeft = maxMemory
        stepsLeft = steps
        hopelessSince = Array(repeating: -1, count: state.nodeCount)
        noRoomSince = Array(repeating: -1, count: state.kindCount)
        seenIn = noRoomSince
    }

    /// `order` ranks the nodes of one cost; lower first.
    mutating func run(order: [Double], highestCost: Int) {
        let nodes = (0..<state.nodeCount).sorted { order[$0] != order[$1] ? order[$0] < order[$1] : $0 < $1 }
        var cost = 1
        while cost <= min(movesLeft, highestCost), stepsLeft > 0 {
            for node in nodes where !state.closed[node] && !state.instances[node].isEmpty && state.instances[node].count <= cost {
                guard cost <= movesLeft, stepsLeft > 0, !isStopped() else { return }
                if hopelessSince[node] != moves.count { tryToEmpty(node, cost: cost) }
            }
            cost += 1
        }
    }

    private mutating func tryToEmpty(_ node: Int, cost: Int) {
        var steps: [RebalanceState.Move] = []
        let leaving = state.instances[node].map { Int($0) }.sorted { left, right in
            let (a, b) = (state.share(left, node), state.share(right, node))
            return a != b ? a > b : left < right
        }
        state.closed[node] = true
        var hopeless = false
        for (index, instance) in leaving.enumerated() {
            // Those after it need a move each.
            let spare = cost - steps.count - (leaving.count - index - 1)
            guard place(instance, spare: spare, depth: Self.depth, steps: &steps) else {
                hopeless = spare > Self.depth
                break
            }
        }
        let memory = steps.reduce(0) { $0 + state.memory($1.instance) }
        guard state.instances[node].isEmpty, memory <= memoryLeft else {
            takeBack(to: 0, steps: &steps)
            state.closed[node] = false
            if hopeless { hopelessSince[node] = moves.count }
            return
        }
        moves += steps
        movesLeft -= steps.count
        memoryLeft -= memory
        emptied += 1
    }

    /// Moves the instance with at most `spare` moves, its own among them. Where it can't, nothing has changed.
    private mutating func place(_ instance: Int, spare: Int, depth: Int, steps: inout [RebalanceState.Move]) -> Bool {
        guard spare > 0 else { return false }
        if let target = bestTarget(instance) {
            perform(.init(instance: instance, from: state.nodeOf[instance], to: target), steps: &steps)
            return true
        }
        guard spare > 1, depth > 0 else { return false }
        for way in waysIn(instance).prefix(Self.waysTried[depth - 1]) {
            guard stepsLeft > 0 else { return false }
            let wasClosed = state.closed[way.node]
            let mark = steps.count
            state.closed[way.node] = true
            let made = place(way.instance, spare: spare - 1, depth: depth - 1, steps: &steps)
            state.closed[way.node] = wasClosed
            guard made else { continue }
            guard state.permits(instance, way.node) else {
                takeBack(to: mark, steps: &steps)
                continue
            }
            perform(.init(instance: instance, from: state.nodeOf[instance], to: way.node), steps: &steps)
            return true
        }
        return false
    }

    private mutating func perform(_ move: RebalanceState.Move, steps: inout [RebalanceState.Move]) {
        state.perform(move)
        steps.append(move)
    }

    private mutating func takeBack(to mark: Int, steps: inout [RebalanceState.Move]) {
        while steps.count > mark { if let step = steps.popLast() { state.takeBack(step) } }
    }

    private mutating func bestTarget(_ instance: Int) -> Int? {
        let kind = state.kindOf[instance]
        guard noRoomSince[kind] != moves.count else { return nil }
        var best: Int?
        var least = Double.infinity
        var roomSomewhere = false
        stepsLeft -= state.nodeCount
        for node in 0..<state.nodeCount where state.fits(instance, node) && !state.instances[node].isEmpty {
            roomSomewhere = true
            guard !state.closed[node], state.allows(instance, node) else { continue }
            let score = state.leftover(instance, node)
            if score < least, state.permits(instance, node) { (least, best) = (score, node) }
        }
        if !roomSomewhere { noRoomSince[kind] = moves.count }
        return best
    }

    /// Instances elsewhere without which there would be room, one of each kind, the smallest first.
    private mutating func waysIn(_ instance: Int) -> [(share: Double, instance: Int, node: Int)] {
        var ways: [(share: Double, instance: Int, node: Int)] = []
        round += 1
        for node in 0..<state.nodeCount where !state.closed[node] && !state.instances[node].isEmpty && state.allows(instance, node) {
            stepsLeft -= state.instances[node].count
            for other in state.instances[node] {
                let kind = state.kindOf[Int(other)]
                guard seenIn[kind] != round, state.fits(instance, node, without: Int(other)) else { continue }
                seenIn[kind] = round
                ways.append((state.share(Int(other), node), Int(other), node))
            }
        }
        ways.sort { $0.share != $1.share ? $0.share < $1.share : $0.instance < $1.instance }
        return ways
    }

    /// How many make way one after the other for one, and how many ways are tried at each depth, the last one first.
    private static let depth = 2
    private static let waysTried = [25, 12]
}
