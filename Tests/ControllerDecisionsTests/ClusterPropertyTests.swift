import ClusterModel
import ControllerDecisions
import Placement
import Testing

/// Whatever people ask for and whatever becomes of nodes and messages, in any order.
@Suite("what always holds of a cluster, whatever happens to it")
struct ClusterPropertyTests {
    @Test("nothing runs twice, usage is the sum of the allocations, and in calm everything converges", arguments: 1...60 as ClosedRange<UInt64>)
    func converges(seed: UInt64) {
        var chaos = Chaos(seed)
        for step in 0..<200 {
            chaos.step()
            let twice = chaos.cluster.runningTwice
            #expect(twice.isEmpty, "seed \(seed), step \(step): \(twice) after \(chaos.latest)")
            if !twice.isEmpty { return }
            chaos.checkUsage("seed \(seed), step \(step)")
        }
        chaos.cluster.calm()
        chaos.cluster.calm()
        chaos.checkConvergence("seed \(seed)")
    }
}

private struct Chaos {
    var cluster = PlayedCluster(nodes: 4, recovery: RecoverySettings(maxLostShare: 500))
    var latest = ""
    private var generator: SplitMix
    private var counter = 0

    init(_ seed: UInt64) { generator = SplitMix(seed) }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &generator) == 0 }

    mutating func step() {
        let node = cluster.nodeIDs.randomElement(using: &generator) ?? cluster.nodeIDs[0]
        let choice = Int.random(in: 0..<40, using: &generator)
        latest = "\(choice) on \(node)"
        switch choice {
        case 0...17: sync(node)
        case 18...20: launch()
        case 21...23: ask()
        case 24: cluster.apply(.drain(.id(node), stop: chance(2), parallel: Int.random(in: 1...3, using: &generator)))
        case 25, 26: cluster.apply(.uncordon(.id(node)))
        case 27: cluster.apply(.cordon(.id(node)))
        case 28, 29: if cluster.ledger.state.nodes[node] != nil { cluster.lose(node) }
        case 30...32: cluster.heal(node)
        case 33:
            cluster.apply(
                .healthTick(
                    [.init(node: node, age: Milliseconds(seconds: 12), wasHeard: true, timing: HeartbeatTiming())], uptime: cluster.ledger.uptime))
        case 34: switchOff(node)
        case 35: cluster.restartAgent(node)
        case 36: cluster.ledger.restart()
        case 37: cluster.failsNextCommit = true
        case 38: cluster.apply(.resumeRecovery)
        default: cluster.apply(chance(2) ? .holdRecovery(.operatorsWord, message: "because") : .placePending(again: true))
        }
    }

    private mutating func sync(_ node: NodeID) {
        cluster.weather = .init(dropsAnswer: chance(6), repeatsReport: chance(6), repeatsAnswer: chance(6))
        let fails = chance(25)
        cluster.agents[node]?.fails = fails
        cluster.sync(node)
    }

    private mutating func launch() {
        counter += 1
        cluster.ledger.launch(
            "i\(counter)", size: chance(4) ? "medium" : nil, image: chance(2) ? "debian" : nil, queue: chance(2),
            recovery: chance(2) ? .fenced : .stay, ephemeral: chance(2), priority: Int.random(in: -2...2, using: &generator))
        cluster.ledger.settle()
    }

    private mutating func ask() {
        let known = cluster.ledger.state.instances.keys.sorted()
        guard let id = known.randomElement(using: &generator) else { return }
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: cluster.apply(.start(.id(id), cluster.ledger.newID()))
        case 1: cluster.apply(.stop(.id(id), cluster.ledger.newID(), force: false, within: nil))
        case 2: cluster.apply(.reboot(.id(id), cluster.ledger.newID()))
        default: cluster.apply(.delete(.id(id), cluster.ledger.newID()))
        }
    }

    /// The machine is off, and somebody says so in one of the ways there are.
    private mutating func switchOff(_ node: NodeID) {
        guard let state = cluster.ledger.state.nodes[node]?.value else { return }
        if state.health == .alive { cluster.lose(node) }
        cluster.agents[node]?.end()
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: cluster.apply(.confirmDead(.id(node), diskGone: false))
        case 1:
            cluster.agents[node]?.vms = [:]
            cluster.apply(.confirmDead(.id(node), diskGone: true))
        default: cluster.apply(.removeNode(.id(node)))
        }
        cluster.restartAgent(node)
    }

    func checkUsage(_ about: String) {
        let state = cluster.ledger.state
        for node in state.nodes.values.map(\.value) {
            let sum = state.instances.values.flatMap(\.value.allocations).filter { $0.node == node.id }.map(\.resources).reduce(Resources.zero, +)
            #expect(state.engine.usage(of: node.id) == sum, "\(about)")
        }
    }

    func checkConvergence(_ about: String) {
        let state = cluster.ledger.state
        #expect(state.tombstones.isEmpty, "\(about): \(state.tombstones.keys.sorted())")
        let waiting = state.operations.values.map(\.value).filter { operation in
            operation.state == .running && state.instances[operation.instance]?.value.isPending != true
        }
        #expect(waiting.isEmpty, "\(about): \(waiting)")
        for record in state.instances.values.map(\.value) {
            let runs = cluster.runs(record.id)
            switch record.instance.status.state {
            case .running: #expect(runs == [record.instance.placement?.node].compactMap { $0 }, "\(about): \(record)")
            case .pending, .stopped, .failed: #expect(runs.isEmpty, "\(about): \(record)")
            default: Issue.record("\(about): \(record.instance.name) is \(record.instance.status.state)")
            }
        }
        let known = Set(state.instances.keys)
        for agent in cluster.agents.values { #expect(agent.vms.keys.allSatisfy(known.contains), "\(about): what was deleted is still there") }
    }
}
