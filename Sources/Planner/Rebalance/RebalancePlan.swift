import ClusterModel
import Placement

/// Moves that make a cluster emptier or more even, in an order in which every one is legal when its turn comes.
package struct RebalancePlan: Sendable, Codable {
    package enum Goal: String, Sendable, Codable, CaseIterable {
        case emptyNodes = "empty-nodes"
        case levelLoad = "level-load"
    }

    package struct Move: Sendable, Codable, Hashable {
        package let instance: InstanceID
        package let name: Name
        package let from: Name
        package let to: Name
        package let memory: MiB
    }

    package let goal: Goal
    package let moves: [Move]
    package let movedMemory: MiB
    package let nodesInUseBefore: Int
    package let nodesInUseAfter: Int
    /// No cluster of these nodes holds the instances on fewer: a bound by volume.
    package let lowerBoundNodes: Int
    /// Share of the fullest resource of the fullest node.
    package let highestLoadBefore: Double
    package let highestLoadAfter: Double
    package let emptied: [Name]

    /// Looks at a node: a second or two of a core of 2020 on the largest clusters, far less where there is much to gain cheaply.
    package static let defaultSteps = 80_000_000

    /// - Parameters:
    ///   - maxMoves: of instances.
    ///   - maxMemory: of the guests, moved together.
    package init(_ snapshot: ClusterSnapshot, goal: Goal, maxMoves: Int, maxMemory: MiB? = nil, steps: Int = defaultSteps) {
        let cluster = RebalanceCluster(snapshot)
        let memory = maxMemory?.count ?? .max
        var banned: Set<RebalanceState.Move> = []
        var found: (state: RebalanceState, moves: [RebalanceState.Move]) = (cluster.state, [])
        // What depends on other instances is asked of the engine, and what it refuses is not planned again.
        for round in 0..<Self.rounds {
            var state = cluster.state
            state.banned = banned
            switch goal {
            case .emptyNodes:
                var emptying = NodeEmptying(state, maxMoves: maxMoves, maxMemory: memory, steps: steps)
                emptying.run(order: (0..<state.nodeCount).map { state.load($0) }, highestCost: Self.highestCost)
                found = (emptying.state, emptying.moves)
            case .levelLoad:
                var levelling = LoadLevelling(state, maxMoves: maxMoves, maxMemory: memory)
                levelling.run()
                found = (levelling.state, levelling.moves)
            }
            let illegal = cluster.firstIllegal(found.moves)
            guard let illegal else { break }
            banned.insert(illegal)
            if round == Self.rounds - 1 { found = cluster.legalPart(found.moves) }
        }
        self.goal = goal
        moves = found.moves.map { move in
            let instance = snapshot.instances[cluster.instanceIndex[move.instance]]
            return Move(
                instance: instance.request.instance, name: instance.name, from: snapshot.nodes[move.from].placement.name,
                to: snapshot.nodes[move.to].placement.name, memory: MiB(cluster.state.memory(move.instance)))
        }
        movedMemory = moves.reduce(.zero) { $0 + $1.memory }
        nodesInUseBefore = cluster.state.usedNodes
        nodesInUseAfter = found.state.usedNodes
        lowerBoundNodes = cluster.lowerBound
        highestLoadBefore = cluster.highestLoad(cluster.state)
        highestLoadAfter = cluster.highestLoad(found.state)
        emptied = snapshot.nodes.indices.filter { !cluster.state.instances[$0].isEmpty && found.state.instances[$0].isEmpty }
            .map { snapshot.nodes[$0].placement.name }
    }

    private static let rounds = 200
    private static let highestCost = 64
}
