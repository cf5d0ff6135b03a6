import ClusterModel
import ControllerDecisions
import Placement
import Testing

@Suite("what becomes of the instances of a lost node")
struct RecoveryTests {
    @Test("a fenced one is placed elsewhere, under a higher generation, with the proof in the event; one that stays is unknown")
    func recovered() throws {
        var ledger = PlayedLedger()
        let first = ledger.join(1)
        ledger.launch("web", recovery: .fenced)
        ledger.launch("db", recovery: .stay)
        ledger.report("web", .running)
        ledger.report("db", .running)
        let second = ledger.join(2)
        ledger.silence(first, seconds: 11)
        #expect(ledger.record("web")?.instance.placement?.node == first, "suspect is not lost")
        ledger.apply(
            .healthTick([.init(node: first, age: Milliseconds(seconds: 37), wasHeard: true, timing: HeartbeatTiming())], uptime: ledger.uptime))
        let outcome = ledger.apply(.placePending(again: false))
        let web = try #require(ledger.record("web"))
        #expect(web.instance.placement?.node == second && web.instance.generation == 2 && web.instance.status.state == .scheduled)
        #expect(ledger.record("db")?.instance.placement?.node == first)
        #expect(ledger.record("db")?.instance.status.state == .unknown)
        let event = try #require(outcome.effects.events.first { $0.reason == "InstanceRecovering" })
        for words in ["the lease of node “n1” is over since", "37 s after it was last heard", "36 s are enough"] {
            #expect(event.message.contains(words), "\(event.message)")
        }
        let operation = try #require(web.operation.flatMap { ledger.state.operations[$0]?.value })
        #expect(operation.kind == .move && operation.state == .running)
        ledger.report("web", .running)
        #expect(ledger.state.operations[operation.id]?.value.state == .succeeded)
    }

    @Test("by priority, then by age; what has no room waits with its reason, and is placed when room appears")
    func order() throws {
        var ledger = PlayedLedger()
        let first = ledger.join(1, cpus: 4)
        for (text, priority) in [("old", 0), ("young", 0), ("dear", 5), ("cheap", -5)] { ledger.launch(text, recovery: .fenced, priority: priority) }
        ledger.join(2, cpus: 2)
        ledger.silence(first, seconds: 40)
        #expect(["dear", "old"].allSatisfy { ledger.record($0)?.instance.placement?.nodeName.text == "n2" })
        let waiting = try #require(ledger.record("young")?.instance)
        #expect(waiting.status.state == .pending)
        #expect(waiting.status.reason?.contains("1 short-of-cpu") ?? false, "\(waiting.status.reason ?? "")")
        ledger.join(3, cpus: 1)
        ledger.settle()
        #expect(ledger.record("young")?.instance.placement?.nodeName.text == "n3")
        #expect(ledger.record("cheap")?.instance.status.state == .pending)
    }

    @Test("a node that comes back is told what to take away before anything else, and gives up nothing by silence or by old words")
    func reconcile() throws {
        var ledger = PlayedLedger()
        let first = ledger.join(1)
        ledger.launch("web", recovery: .fenced)
        ledger.launch("db")
        ledger.report("web", .running)
        let old = try #require(ledger.record("web"))
        let second = ledger.join(2)
        ledger.silence(first, seconds: 40)
        ledger.report("web", .running)

        ledger.apply(.report(.init(node: first, registration: nil, full: true, observed: [ledger.observation(old, .running)])))
        #expect(ledger.record("web")?.instance.placement?.node == second)
        #expect(ledger.record("web")?.instance.status.state == .running)
        #expect(ledger.state.owesRemoval(first))
        let removals = ledger.state.desiredSet(of: first, seen: 0)
        #expect(!removals.full && removals.instances.map(\.desired) == [.deleted] && removals.instances.map(\.id) == [old.id])
        #expect(removals.instances.first?.generation == 2)
        #expect(ledger.state.desiredSet(of: first, seen: removals.revision).instances.isEmpty, "told once")
        ledger.launch("new", queue: true, constraints: ledger.only("n1"))
        #expect(ledger.record("new")?.instance.status.state == .pending, "nothing is placed where something is still to be taken away")

        ledger.apply(.report(.init(node: first, registration: nil, full: false, observed: [ledger.observation(old, .absent)])))
        #expect(ledger.state.owesRemoval(first), "gone before it was told, so it speaks of another time")
        ledger.apply(.report(.init(node: first, registration: nil, full: true, observed: [])))
        #expect(ledger.state.owesRemoval(first))
        var gone = ledger.observation(old, .absent)
        gone.generation = 2
        ledger.apply(.report(.init(node: first, registration: nil, full: false, observed: [gone])))
        #expect(!ledger.state.owesRemoval(first))
        let everything = ledger.state.desiredSet(of: first, seen: removals.revision)
        #expect(everything.full && everything.instances.map(\.name.text) == ["db"])
        ledger.settle()
        #expect(ledger.record("new")?.instance.placement?.node == first)
    }

    @Test("what was deleted after it had moved stays deleted on the node that it came from")
    func deletedStaysDeleted() throws {
        var cluster = PlayedCluster(nodes: 2)
        cluster.ledger.launch("web", recovery: .fenced)
        for _ in 0..<3 { cluster.syncAll() }
        let id = try #require(cluster.ledger.record("web")).id
        let first = try #require(cluster.runs(id).first)
        cluster.lose(first)
        cluster.apply(.delete(.id(id), cluster.ledger.newID()))
        for _ in 0..<4 { cluster.syncAll() }
        #expect(cluster.ledger.state.instances[id] == nil && cluster.ledger.state.tombstones.count == 1)
        cluster.ledger.restart()
        cluster.heal(first)
        for _ in 0..<4 {
            cluster.restartAgent(first)
            cluster.sync(first)
            #expect(cluster.ledger.state.instances[id] == nil, "it is no stranger")
        }
        #expect(cluster.agents[first]?.vms.isEmpty == true && cluster.ledger.state.tombstones.isEmpty)
    }

    @Test("a deletion on a node that is lost ends, and is made good when the node is back")
    func deletionOfTheLost() throws {
        var ledger = PlayedLedger()
        let node = ledger.join(1)
        ledger.launch("web", recovery: .fenced)
        ledger.report("web", .running)
        guard case .instance(let web, let operation?) = try ledger.apply(.delete(ledger.key("web"), ledger.newID())).result.get() else {
            throw UnexpectedAnswer()
        }
        ledger.silence(node, seconds: 40)
        #expect(ledger.record("web") == nil && ledger.state.operations[operation.id]?.value.state == .succeeded)
        #expect(ledger.state.engine.usage(of: node) == .zero)
        #expect(ledger.state.tombstones.keys.map(\.instance) == [web.id])
    }

    @Test("fenced and data on a local disk do not go together, unless it may be lost; without a disk fenced is the default")
    func policies() throws {
        var ledger = PlayedLedger()
        ledger.join(1)
        let error = try #require(throws: ErrorBody.self) { try ledger.launch("db", image: "debian", recovery: .fenced).result.get() }
        #expect(error.code == .invalid && error.message.contains("--ephemeral"))
        _ = try ledger.launch("cache", image: "debian", recovery: .fenced, ephemeral: true).result.get()
        ledger.launch("web", image: "debian")
        #expect(ledger.record("web")?.instance.spec.recovery == .stay)
        ledger.apply(.createSize(Size(name: name("diskless"), resources: Resources(cpu: MilliCPU(100), memory: MiB(64), disk: .zero))))
        ledger.launch("live", size: "diskless")
        #expect(ledger.record("live")?.instance.spec.recovery == .fenced)
        #expect(ledger.record("live")?.desired?.fenced == true && ledger.record("web")?.desired?.fenced == false)
        let range = try #require(throws: ErrorBody.self) { try ledger.launch("vip", priority: 1001).result.get() }
        #expect(range.code == .invalid && range.message.contains("-1000 to 1000"))
    }

    @Test("an instance that waits is placed by priority")
    func queueByPriority() {
        var ledger = PlayedLedger()
        for (text, priority) in [("a", 0), ("b", 9), ("c", 3)] { ledger.launch(text, queue: true, priority: priority) }
        ledger.join(1, cpus: 2)
        ledger.settle()
        #expect(["a", "b", "c"].map { ledger.record($0)?.instance.status.state } == [.pending, .scheduled, .scheduled])
    }
}

extension PlayedLedger {
    func key(_ text: String) -> InstanceKey { .name(ProjectName(project: ClusterState.defaultProject, name: name(text))) }

    func only(_ node: String) -> Constraints {
        var constraints = Constraints()
        constraints.require = [Self.named(node)]
        return constraints
    }

    @Test("a stop is done when its instance's node is surely lost, also where there is no room elsewhere")
    func stopOnLostNode() throws {
        var ledger = PlayedLedger()
        let first = ledger.join(1)
        ledger.launch("web", recovery: .fenced)
        ledger.report("web", .running)
        let web = try #require(ledger.record("web"))
        let stop: OperationID = ledger.newID()
        ledger.apply(.stop(.id(web.id), stop, force: false, within: nil))
        ledger.silence(first, seconds: 40)
        let operation = try #require(ledger.state.operations[stop]?.value)
        #expect(operation.state == .succeeded && operation.message?.contains("is lost") ?? false)
        let waiting = try #require(ledger.record("web"))
        #expect(waiting.isPending && waiting.instance.spec.desired == .stopped)
    }
}
