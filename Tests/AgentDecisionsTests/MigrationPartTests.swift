import AgentDecisions
import ClusterModel
import Testing

/// What one node may do of a migration: nothing runs on both, whatever dies.
@Suite("an instance that migrates, on its nodes")
struct MigrationPartTests {
    private static let operation = OperationID("00000000-0000-4000-8000-0000000000aa")!

    private static func desired(_ generation: Int64, _ part: MigrationOrder.Part?, _ state: DesiredState = .running) -> DesiredInstance {
        var desired = Sample.desired(generation, state)
        desired.migration = part.map { MigrationOrder(id: operation, part: $0, live: state == .running) }
        return desired
    }

    private static func report(_ stage: MigrationReport.Stage) -> InstanceEvent {
        .migration(MigrationReport(id: operation, stage: stage, secret: "s"))
    }

    @Test("the receiver starts its VMM, never says that the guest runs, and lets it go on by the controller's word alone")
    func receiver() {
        var life = Life()
        life.happen(.desired(Self.desired(1, .receive)))
        while life.pending != nil, life.pending != .receive { life.succeed() }
        #expect(life.pending == .receive && life.state == .preparing)
        life.happen(Self.report(.ready))
        life.happen(Self.report(.received))
        life.succeed()
        life.pass(100)
        #expect(life.pending == nil && life.state == .preparing)
        #expect(life.machine.observed.migration?.stage == .received)
        life.happen(.desired(Self.desired(3, nil)))
        #expect(life.pending == .resume)
        #expect(life.machine.observed.migration != nil, "its part is not over")
        life.succeed()
        #expect(life.state == .running && life.machine.observed.migration == nil)
    }

    @Test("a receiver whose VMM dies fails, and starts nothing again")
    func receiverDies() {
        var life = Life()
        life.happen(.desired(Self.desired(1, .receive)))
        while life.pending != nil, life.pending != .receive { life.succeed() }
        life.end(.signalled(9))
        life.fail()
        life.pass(100)
        #expect(life.state == .failed && life.pending == nil)
        #expect(life.machine.observed.migration?.stage == .failed)
    }

    @Test("a sender that has handed over starts nothing when its VMM dies; after the word that it stays, it begins again")
    func senderDies() {
        var life = Life()
        life.launch()
        life.happen(.desired(Self.desired(2, .send)))
        #expect(life.pending == .send && life.state == .running)
        life.happen(Self.report(.handedOver))
        life.succeed()
        life.end(.signalled(9))
        life.pass(1000)
        #expect(life.pending == nil && life.state == .stopped)
        life.happen(.desired(Self.desired(3, nil)))
        life.settle()
        #expect(life.state == .running)
    }

    @Test("a sender's VMM that dies before it has handed over is started again by its policy, as ever")
    func senderDiesEarly() {
        var life = Life()
        life.launch()
        life.happen(.desired(Self.desired(2, .send)))
        life.end(.signalled(9))
        life.fail()
        life.pass(100)
        life.settle()
        #expect(life.state == .running)
        #expect(life.machine.observed.migration?.stage == .failed)
    }

    @Test("an agent that begins anew with an order to send and no VMM starts nothing before the controller's word")
    func senderRestarts() {
        var record = InstanceRecord(desired: Self.desired(2, .send))
        record.hasRun = true
        for found in [FoundInstance.FoundVMM.ended(.signalled(9)), .endedWithMachine] {
            var life = Life()
            life.carryOut(life.machine.takeUp(FoundInstance(id: Sample.id, record: record, vmm: found), address: nil, at: .zero))
            life.pass(1000)
            #expect(life.pending == nil, "\(found)")
            life.happen(.desired(Self.desired(3, nil)))
            #expect(life.pending != nil, "\(found)")
        }
    }

    @Test("cancelled while it sends: its guest is let go on, wherever it stood")
    func cancelled() {
        var life = Life()
        life.launch()
        life.happen(.desired(Self.desired(2, .send)))
        life.happen(.desired(Self.desired(3, nil)))
        #expect(life.abandoned)
        life.fail()
        #expect(life.pending == .resume)
        life.succeed()
        #expect(life.state == .running && life.machine.observed.migration == nil)
    }

    @Test("what went wrong under a spec is not forgiven when only its migration ends")
    func keepsItsPast() {
        var life = Life()
        life.launch()
        life.end(.poweredOff)
        life.happen(.desired(Self.desired(2, .send)))
        life.happen(.desired(Self.desired(3, nil)))
        #expect(life.state == .stopped && life.pending == nil, "a guest that powered itself off stays off")
    }
}
