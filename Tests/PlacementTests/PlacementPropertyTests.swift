import ClusterModel
import Placement
import Testing

/// Random states and requests. A failure names its seed and policy, from which it comes again.
struct PlacementPropertyTests {
    static let seeds: [UInt64] = Array(1...12)

    @Test("the index gives the answer that a full look at every node gives", arguments: seeds, PlacementPolicy.allCases)
    func indexAgreesWithExplanation(seed: UInt64, policy: PlacementPolicy) {
        var model = EngineModel(seed: seed, policy: policy, nodes: 5 + Int(seed) * 8)
        for step in 0..<200 {
            model.step()
            guard step % 2 == 0 else { continue }
            let request = model.cluster.request()
            let explanation = model.engine.explain(request)
            for verdict in explanation.nodes where step % 20 == 0 {
                #expect(
                    model.engine.admits(request, on: verdict.node) == verdict.refusals.isEmpty, "seed \(seed), \(policy), step \(step): \(request)")
            }
            do {
                let decision = try model.engine.place(request)
                #expect(decision.node == explanation.chosen, "seed \(seed), \(policy), step \(step): \(request)")
                #expect(decision.score == explanation.nodes.first { $0.node == decision.node }?.score)
            } catch {
                #expect(explanation.chosen == nil, "seed \(seed), \(policy), step \(step): \(request)")
                #expect(model.engine.decide(request) == nil)
                #expect(error == NoPlacement(explanation), "seed \(seed), \(policy), step \(step): \(request)")
            }
        }
    }

    @Test(
        "so it does among so many nodes that they are held against each other as sets", arguments: Array(seeds.prefix(2)),
        [PlacementPolicy.pack, .spread, .firstFit])
    func indexAgreesAmongMany(seed: UInt64, policy: PlacementPolicy) {
        var model = EngineModel(seed: seed, policy: policy, nodes: 1500)
        for step in 0..<30 {
            for _ in 0..<20 { model.step() }
            let request = model.cluster.request()
            let explanation = model.engine.explain(request)
            do {
                let decision = try model.engine.place(request)
                #expect(decision.node == explanation.chosen, "seed \(seed), \(policy), step \(step): \(request)")
            } catch {
                #expect(error == NoPlacement(explanation), "seed \(seed), \(policy), step \(step): \(request)")
            }
        }
    }

    @Test("usage is the sum of allocations, and the same state gives the same answers whatever happened before", arguments: seeds)
    func historyLeavesNoTrace(seed: UInt64) {
        var model = EngineModel(seed: seed, policy: .pack, nodes: 30)
        for _ in 0..<400 { model.step() }
        for node in model.nodes.values {
            #expect(model.engine.usage(of: node.id) == model.sum(on: node.id), "seed \(seed)")
            #expect(model.engine.free(on: node.id) == node.allocatable - model.sum(on: node.id), "seed \(seed)")
            let held = model.allocations.values.filter { $0.node == node.id }.sorted { $0.instance < $1.instance }
            #expect(model.engine.allocations(on: node.id) == held, "seed \(seed)")
        }
        let fresh = model.rebuilt()
        #expect(model.engine.nodes == fresh.nodes)
        for policy in PlacementPolicy.allCases {
            for _ in 0..<40 {
                var request = model.cluster.request()
                request.policy = policy
                #expect(model.engine.explain(request) == fresh.explain(request), "seed \(seed), \(policy)")
                #expect(answer(model.engine, request) == answer(fresh, request), "seed \(seed), \(policy)")
            }
        }
    }

    @Test("no decision exceeds a node's capacity or goes against a hard constraint", arguments: seeds)
    func decisionsAreLegal(seed: UInt64) throws {
        var model = EngineModel(seed: seed, policy: seed % 2 == 0 ? .pack : .spread, nodes: 20)
        for _ in 0..<300 {
            let request = model.cluster.request()
            if let decision = try? model.engine.place(request) {
                let node = try #require(model.nodes[decision.node])
                #expect(
                    Legality(nodes: model.nodes, allocations: Array(model.allocations.values)).objection(to: request, on: node) == nil, "seed \(seed)"
                )
            }
            model.step()
        }
    }

    @Test("release undoes allocate exactly", arguments: seeds)
    func releaseUndoes(seed: UInt64) throws {
        var model = EngineModel(seed: seed, policy: .pack, nodes: 25)
        for _ in 0..<150 { model.step() }
        let probes = (0..<30).map { _ in model.cluster.request() }
        let before = probes.map { model.engine.explain($0) }
        var engine = model.engine
        var placed: [Allocation] = []
        for _ in 0..<60 {
            guard let decision = try? engine.place(model.cluster.request()) else { continue }
            try engine.allocate(decision.allocation)
            placed.append(decision.allocation)
        }
        for allocation in placed.shuffled(using: &model.cluster.random) { #expect(engine.release(allocation.instance) == allocation) }
        #expect(probes.map { engine.explain($0) } == before, "seed \(seed)")
    }

    @Test("a journal applied backwards to a copy gives the earlier state, and leaves the original alone", arguments: seeds)
    func journalReplays(seed: UInt64) {
        var model = EngineModel(seed: seed, policy: .balanced, nodes: 15)
        for _ in 0..<100 { model.step() }
        let mark = model.journal.count
        let request = model.cluster.request()
        let then = model.engine.explain(request)
        for _ in 0..<150 { model.step() }
        let now = model.engine.explain(request)
        var copy = model.engine
        for step in model.journal[mark...].reversed() { copy.apply(step.inverted) }
        #expect(copy.explain(request) == then, "seed \(seed)")
        #expect(model.engine.explain(request) == now, "seed \(seed)")
    }

    private func answer(_ engine: PlacementEngine, _ request: PlacementRequest) -> Result<PlacementDecision, NoPlacement> {
        do { return .success(try engine.place(request)) } catch { return .failure(error) }
    }
}
