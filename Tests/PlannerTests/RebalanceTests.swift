import ClusterModel
import Placement
import Planner
import Testing

@Suite("rebalancing")
struct RebalanceTests {
    /// Performs the moves one by one; each must be what the engine allows at its turn.
    static func perform(_ plan: RebalancePlan, on snapshot: ClusterSnapshot) throws -> PlacementEngine {
        var engine = snapshot.engine()
        for move in plan.moves {
            let request = try #require(snapshot.instances.first { $0.request.instance == move.instance }).request
            let target = try #require(snapshot.nodes.first { $0.placement.name == move.to }).placement
            let released = engine.release(move.instance)
            let held = try #require(released)
            #expect(engine.node(held.node)?.name == move.from)
            let verdict = try #require(engine.explain(request).nodes.first { $0.node == target.id })
            #expect(verdict.refusals.isEmpty, "\(move.name) to \(move.to): \(verdict.refusals)")
            try engine.allocate(try #require(engine.allocation(for: request, on: target.id)))
        }
        return engine
    }

    @Test("every step is legal when its turn comes, and the counts are true", arguments: RebalancePlan.Goal.allCases, UInt64(0)..<25)
    func legality(goal: RebalancePlan.Goal, seed: UInt64) throws {
        let snapshot = try RandomSnapshot.make(seed)
        let plan = RebalancePlan(snapshot, goal: goal, maxMoves: 20, steps: 200_000)
        #expect(plan.moves.count <= 20)
        let engine = try Self.perform(plan, on: snapshot)
        let used = snapshot.nodes.count { !engine.allocations(on: $0.placement.id).isEmpty }
        #expect(used == plan.nodesInUseAfter)
        #expect(plan.lowerBoundNodes <= plan.nodesInUseAfter)
        switch goal {
        case .emptyNodes: #expect(plan.nodesInUseAfter == plan.nodesInUseBefore - plan.emptied.count)
        case .levelLoad: #expect(plan.highestLoadAfter <= plan.highestLoadBefore)
        }
    }

    @Test("it stays within the memory that may move")
    func memoryLimit() throws {
        let snapshot = try RandomSnapshot.make(3)
        for goal in RebalancePlan.Goal.allCases {
            #expect(RebalancePlan(snapshot, goal: goal, maxMoves: 100, maxMemory: MiB(6000)).movedMemory <= MiB(6000))
        }
    }

    @Test("where one move empties a node, one move is what it takes")
    func fewest() throws {
        let snapshot = try ClusterFile(
            text: """
                name: two
                nodes:
                  - {name: a, cpu: 8, memory: 8GiB, disk: 10GiB}
                  - {name: b, cpu: 8, memory: 8GiB, disk: 10GiB}
                instances:
                  - {name: many, count: 3, cpu: 1, memory: 1GiB, node: a}
                  - {name: one, cpu: 1, memory: 1GiB, node: b}
                """, file: "two.yaml"
        ).snapshot()
        let plan = RebalancePlan(snapshot, goal: .emptyNodes, maxMoves: 10)
        #expect(plan.moves.map { "\($0.name) \($0.from) \($0.to)" } == ["one b a"])
        #expect(plan.emptied.map(\.text) == ["b"])
    }

    @Test("an instance makes way for another when that empties a node")
    func makingWay() throws {
        let snapshot = try ClusterFile(
            text: """
                name: three
                nodes:
                  - {name: a, cpu: 8, memory: 8GiB, disk: 10GiB}
                  - {name: b, cpu: 8, memory: 8GiB, disk: 10GiB}
                  - {name: c, cpu: 8, memory: 8GiB, disk: 10GiB}
                instances:
                  - {name: big, cpu: 4, memory: 4GiB, node: a}
                  - {name: b-large, cpu: 5, memory: 5GiB, node: b}
                  - {name: b-small, cpu: 1, memory: 1GiB, node: b}
                  - {name: c-large, cpu: 6, memory: 6GiB, node: c}
                  - {name: c-small, cpu: 1, memory: 1GiB, node: c}
                """, file: "three.yaml"
        ).snapshot()
        // 4 fits neither beside 6 nor beside 7; nothing that leaves frees enough, but for the large ones, who have nowhere to go.
        #expect(RebalancePlan(snapshot, goal: .emptyNodes, maxMoves: 10).moves.isEmpty)
        var roomier = snapshot
        roomier.instances[3].request.resources.cpu = MilliCPU(vcpus: 4)
        roomier.instances[3].request.resources.memory = MiB(4096)
        roomier.instances[3].allocation = nil
        // Now 4 fits beside 4 once the small one there has gone to the other node.
        let plan = RebalancePlan(roomier, goal: .emptyNodes, maxMoves: 10)
        #expect(plan.moves.map { "\($0.name) \($0.from) \($0.to)" } == ["c-small c b", "big a c"])
    }

    @Test("it sees its own moves: what was moved keeps away, where it went, what must be apart from it")
    func ownMoves() throws {
        let snapshot = try ClusterFile(
            text: """
                name: apart
                nodes:
                  - {name: a, cpu: 8, memory: 8GiB, disk: 10GiB}
                  - {name: b, cpu: 8, memory: 8GiB, disk: 10GiB}
                  - {name: c, cpu: 8, memory: 8GiB, disk: 10GiB}
                instances:
                  - {name: hermit, cpu: 1, memory: 1GiB, node: a, antiAffinity: [{group: web}]}
                  - {name: web, cpu: 1, memory: 1GiB, node: b, groups: [web]}
                  - {name: other, count: 3, cpu: 1, memory: 1GiB, node: c}
                """, file: "apart.yaml"
        ).snapshot()
        let plan = RebalancePlan(snapshot, goal: .emptyNodes, maxMoves: 10)
        #expect(plan.moves.map { "\($0.name) \($0.from) \($0.to)" } == ["hermit a c"])
    }

    @Test("the same cluster gives the same plan")
    func determinism() throws {
        let snapshot = try RandomSnapshot.make(11)
        let plans = (0..<2).map { _ in RebalancePlan(snapshot, goal: .emptyNodes, maxMoves: 30).moves }
        #expect(plans[0] == plans[1])
    }

    @Test("only what can migrate moves, and only to where its machine is the same")
    func reach() throws {
        var snapshot = try ClusterFile(
            text: """
                name: three
                nodes:
                  - {name: a, cpu: 8, memory: 8GiB, disk: 10GiB}
                  - {name: b, cpu: 8, memory: 8GiB, disk: 10GiB}
                  - {name: c, cpu: 8, memory: 8GiB, disk: 10GiB}
                instances:
                  - {name: one, cpu: 1, memory: 1GiB, node: a}
                  - {name: two, cpu: 1, memory: 1GiB, node: b}
                  - {name: three, cpu: 1, memory: 1GiB, node: c}
                """, file: "three.yaml"
        ).snapshot()
        let kinds = [0, 1, 0].map { number in
            MigrationReach.Machine(
                NodeFacts(
                    architecture: .x86_64, kvm: .absent, vmm: .qemu, vmmVersion: "7.2", agentVersion: "1", kernel: "6", traits: [],
                    overhead: .zero, migration: MigrationFacts(endpoint: "n:1", machine: "m\(number)")))
        }
        for (index, machine) in kinds.enumerated() {
            snapshot.nodes[index].machine = machine
            snapshot.instances[index].reach = machine.map { MigrationReach.alike($0) } ?? .nowhere
        }
        let plan = RebalancePlan(snapshot, goal: .emptyNodes, maxMoves: 10)
        #expect(plan.moves.count == 1 && plan.nodesInUseAfter == 2)
        #expect(plan.moves.allSatisfy { $0.name.text != "two" && $0.to.text != "b" })
        snapshot.instances[1].reach = .architecture(.x86_64)
        #expect(RebalancePlan(snapshot, goal: .emptyNodes, maxMoves: 10).nodesInUseAfter == 1, "stopped, it goes wherever migrations are taken")
        for index in snapshot.instances.indices { snapshot.instances[index].reach = .nowhere }
        #expect(RebalancePlan(snapshot, goal: .emptyNodes, maxMoves: 10).moves.isEmpty)
        #expect(RebalancePlan(snapshot, goal: .levelLoad, maxMoves: 10).moves.isEmpty)
    }
}
