import ClusterModel
import ControllerDecisions
import Placement
import Testing

@Suite("what becomes of instances")
struct LifecycleTests {
    @Test("a launch without room fails with the reasons by node, and leaves nothing")
    func noRoom() throws {
        var ledger = PlayedLedger()
        ledger.join(1, cpus: 1)
        let before = LedgerImage(ledger.state)
        let outcome = ledger.launch("big", size: "large")
        let error = try #require(throws: ErrorBody.self) { try outcome.result.get() }
        #expect(error.code == .noCapacity)
        #expect(error.noPlacement?.counts.first?.nodes == 1)
        #expect(error.explanation?.nodes.map(\.name.text) == ["n1"])
        #expect(LedgerImage(ledger.state) == before)
    }

    @Test("with allOrNone one instance too many means none; without, those that fit are kept and the rest is counted")
    func partly() throws {
        var ledger = PlayedLedger()
        ledger.join(1, cpus: 2)
        #expect(throws: ErrorBody.self) { try ledger.launch("web", count: 3, allOrNone: true).result.get() }
        #expect(ledger.state.instances.isEmpty)
        guard case .launched(let launched) = try ledger.launch("web", count: 3).result.get() else { throw UnexpectedAnswer() }
        #expect(launched.instances.map(\.name.text) == ["web-1", "web-2"])
        #expect(launched.unplaced == 1)
    }

    @Test("an instance that waits is placed when its node may take it, in the order of the launches")
    func queue() throws {
        var ledger = PlayedLedger()
        for text in ["a", "b", "c"] { ledger.launch(text, queue: true) }
        #expect(ledger.record("a")?.instance.status.state == .pending)
        ledger.join(1, cpus: 2)
        ledger.apply(.placePending(again: false))
        #expect(["a", "b", "c"].map { ledger.record($0)?.instance.status.state } == [.scheduled, .scheduled, .pending])
        ledger.apply(.delete(.name(ProjectName(project: ClusterState.defaultProject, name: name("a"))), ledger.newID()))
        ledger.report("a", .absent)
        ledger.apply(.placePending(again: false))
        #expect(ledger.record("c")?.instance.status.state == .scheduled)
    }

    @Test("one that does not fit holds up nobody behind it")
    func noHeadOfLine() {
        var ledger = PlayedLedger()
        ledger.launch("whale", size: "large", queue: true)
        ledger.launch("minnow", queue: true)
        ledger.join(1, cpus: 2)
        ledger.apply(.placePending(again: false))
        #expect(ledger.record("whale")?.instance.status.state == .pending)
        #expect(ledger.record("minnow")?.instance.status.state == .scheduled)
    }

    @Test("a deletion is over when the node confirms it; until then the name and the room are held")
    func deletion() throws {
        var ledger = PlayedLedger()
        let node = ledger.join(1)
        ledger.launch("web")
        ledger.report("web", .running)
        let key = InstanceKey.name(ProjectName(project: ClusterState.defaultProject, name: name("web")))
        ledger.apply(.delete(key, ledger.newID()))
        #expect(ledger.state.engine.allocations(on: node).count == 1)
        #expect(throws: ErrorBody.self) { try ledger.launch("web").result.get() }
        ledger.report("web", .stopping)
        #expect(ledger.record("web")?.instance.status.state == .deleting)
        ledger.report("web", .absent)
        #expect(ledger.record("web") == nil)
        #expect(ledger.state.engine.allocations(on: node).isEmpty)
        _ = try ledger.launch("web").result.get()
    }

    @Test("a full report that does not speak of a deleted instance may be an old one: the node says so itself when it was told")
    func deletionByAbsence() {
        var ledger = PlayedLedger()
        let node = ledger.join(1)
        ledger.launch("web")
        ledger.apply(.delete(.name(ProjectName(project: ClusterState.defaultProject, name: name("web"))), ledger.newID()))
        ledger.apply(.report(.init(node: node, registration: nil, full: true, observed: [])))
        #expect(ledger.record("web")?.instance.status.state == .deleting)
        #expect(ledger.state.desiredSet(of: node, seen: 0).instances.map(\.desired) == [.deleted])
        ledger.report("web", .absent)
        #expect(ledger.record("web") == nil)
    }

    @Test("a failed start ends its operation with the node's reason, and another start is another attempt")
    func failure() throws {
        var ledger = PlayedLedger()
        ledger.join(1)
        guard case .launched(let launched) = try ledger.launch("web").result.get() else { throw UnexpectedAnswer() }
        ledger.report("web", .failed, reason: "no kernel")
        let operation = ledger.state.operations[launched.operations[0].id]?.value
        #expect(operation?.state == .failed)
        #expect(operation?.message == "no kernel")
        #expect(ledger.record("web")?.instance.status.state == .failed)
        let key = InstanceKey.name(ProjectName(project: ClusterState.defaultProject, name: name("web")))
        guard case .instance(let instance, let start?) = try ledger.apply(.start(key, ledger.newID())).result.get() else { throw UnexpectedAnswer() }
        #expect(instance.generation == 2)
        #expect(start.state == .running)
    }

    @Test("a report of an older generation ends no operation")
    func oldGeneration() throws {
        var ledger = PlayedLedger()
        ledger.join(1)
        ledger.launch("web")
        let old = try #require(ledger.record("web"))
        ledger.report("web", .running)
        let key = InstanceKey.name(ProjectName(project: ClusterState.defaultProject, name: name("web")))
        guard case .instance(_, let stop?) = try ledger.apply(.stop(key, ledger.newID(), force: false, within: nil)).result.get() else {
            throw UnexpectedAnswer()
        }
        let late = ledger.observation(old, .stopped)
        ledger.apply(.report(.init(node: try #require(old.instance.placement).node, registration: nil, full: false, observed: [late])))
        #expect(ledger.state.operations[stop.id]?.value.state == .running)
    }

    @Test("on a suspect node instances are unknown, not failed, and what they were when it is heard from again")
    func unknown() {
        var ledger = PlayedLedger()
        let node = ledger.join(1)
        ledger.launch("web")
        ledger.report("web", .running)
        ledger.silence(node, seconds: 11)
        #expect(ledger.state.nodes[node]?.value.health == .suspect)
        #expect(ledger.record("web")?.instance.status.state == .unknown)
        ledger.apply(.report(.init(node: node, registration: nil, full: false, observed: [])))
        #expect(ledger.state.nodes[node]?.value.health == .alive)
        #expect(ledger.record("web")?.instance.status.state == .running)
        #expect(ledger.record("web")?.instance.history.map(\.to) == [.scheduled, .running, .unknown, .running])
    }

    @Test("a VM that nobody asked for is shown with its room counted, and adopted or destroyed by word only")
    func quarantine() throws {
        var ledger = PlayedLedger()
        let node = ledger.join(1, cpus: 1)
        let id: InstanceID = ledger.newID()
        let stranger = ObservedInstance(
            id: id, name: name("stray"), generation: 3, state: .quarantined,
            resources: Resources(cpu: MilliCPU(vcpus: 2), memory: MiB(64), disk: .zero))
        ledger.apply(.report(.init(node: node, registration: nil, full: true, observed: [stranger])))
        #expect(ledger.record("stray")?.instance.status.state == .quarantined)
        #expect(ledger.state.engine.usage(of: node)?.cpu == MilliCPU(vcpus: 2))
        #expect(ledger.state.desiredSet(of: node, seen: 0).instances.isEmpty, "a node is told nothing of a VM in quarantine")
        #expect(throws: ErrorBody.self) { try ledger.apply(.delete(.id(id), ledger.newID())).result.get() }

        _ = try ledger.apply(.adopt(.id(id))).result.get()
        let desired = try #require(ledger.state.desiredSet(of: node, seen: 0).instances.first)
        #expect(desired.adopt && desired.generation == 4 && desired.desired == .running)
        ledger.report("stray", .running)
        #expect(ledger.record("stray")?.instance.status.state == .running)
    }

    @Test("a lost node goes with everything it held, and what was there stays deleted should it come back")
    func removal() throws {
        var ledger = PlayedLedger()
        let node = ledger.join(1)
        ledger.launch("web")
        let id = try #require(ledger.record("web")).id
        #expect(throws: ErrorBody.self) { try ledger.apply(.removeNode(.id(node))).result.get() }
        ledger.silence(node, seconds: 40)
        _ = try ledger.apply(.removeNode(.id(node))).result.get()
        #expect(ledger.record("web") == nil)
        #expect(ledger.state.engine.nodes.isEmpty)

        let running = ObservedInstance(id: id, name: name("web"), generation: 1, state: .running, resources: .zero)
        let registration = PlayedLedger.registration("n1")
        ledger.apply(.report(.init(node: node, registration: registration, full: true, observed: [running])))
        #expect(ledger.state.instances[id] == nil, "a deleted instance is no stranger")
        let told = try #require(ledger.state.desiredSet(of: node, seen: 0).instances.first)
        #expect(told.id == id && told.desired == .deleted && told.generation == 2)
        let absent = ObservedInstance(id: id, name: name("web"), generation: 2, state: .absent, resources: .zero)
        ledger.apply(.report(.init(node: node, registration: nil, full: false, observed: [absent])))
        #expect(ledger.state.tombstones.isEmpty)
    }

    @Test("a launch that waits can be cancelled, and is then gone")
    func cancel() throws {
        var ledger = PlayedLedger()
        guard case .launched(let launched) = try ledger.launch("web", queue: true).result.get() else { throw UnexpectedAnswer() }
        guard case .operation(let cancelled) = try ledger.apply(.cancel(launched.operations[0].id, deletion: ledger.newID())).result.get() else {
            throw UnexpectedAnswer()
        }
        #expect(cancelled.state == .cancelled)
        #expect(ledger.record("web") == nil)
        #expect(!ledger.state.hasPending)
    }

    @Test("another node under a name that is taken is refused with what to do")
    func nodeName() throws {
        var ledger = PlayedLedger()
        ledger.join(1)
        let other = NodeReport(node: ledger.newID(), registration: PlayedLedger.registration("n1"), full: true, observed: [])
        let error = try #require(throws: ErrorBody.self) { try ledger.apply(.report(other)).result.get() }
        #expect(error.code == .conflict)
        #expect(error.message.contains("berth node remove n1"))
    }

    @Test("an image in use can't be deleted, and one that is not there is named with how to import it")
    func images() throws {
        var ledger = PlayedLedger()
        ledger.join(1)
        ledger.launch("web")
        #expect(
            try #require(throws: ErrorBody.self) { try ledger.apply(.deleteImage(.name(name("tiny"), in: Project.first))).result.get() }.code
                == .conflict)
        var empty = PlayedLedger(image: false)
        empty.join(1)
        let error = try #require(throws: ErrorBody.self) { try empty.launch("web").result.get() }
        #expect(error.code == .notFound && error.message.contains("berth image import"))
    }
}

struct UnexpectedAnswer: Error {}
