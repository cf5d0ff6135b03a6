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
    ///   - isStopped: asked now and then; the moves found so far are the plan.
    package init(
        _ snapshot: ClusterSnapshot, goal: Goal, maxMoves: Int, maxMemory: MiB? = nil, steps: Int = defaultSteps,
        isStopped: @escaping () -> Bool = { false }
    ) {
        let cluster = RebalanceCluster(snapshot)
        let memory = maxMemory?.count ?? .max
        let found: (state: RebalanceState, moves: [RebalanceState.Move])
        switch goal {
        case .emptyNodes:
            var emptying = NodeEmptying(cluster.state, maxMoves: maxMoves, maxMemory: memory, steps: steps, isStopped: isStopped)
            emptying.run(order: (0..<cluster.state.nodeCount).map { cluster.state.load($0) }, highestCost: Self.highestCost)
            found = (emptying.state, emptying.moves)
        case .levelLoad:
            var levelling = LoadLevelling(cluster.state, maxMoves: maxMoves, maxMemory: memory, isStopped: isStopped)
            levelling.run()
            found = (levelling.state, levelling.moves)
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

    private static let highestCost = 64
}
