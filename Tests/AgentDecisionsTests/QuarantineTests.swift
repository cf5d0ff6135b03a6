import AgentDecisions
import ClusterModel
import Testing

@Suite("what nobody asked for, and what another agent left")
struct QuarantineTests {
    @Test("an instance that is not in the full set is quarantined and left alone")
    func notWanted() {
        var life = Life()
        life.launch()
        life.happen(.notWanted)
        #expect(life.state == .quarantined)
        life.pass(1000)
        #expect((life.powerDowns, life.kills) == (0, 0))
        life.happen(.desired(Sample.desired(1)))
        #expect(life.state == .running)
    }

    @Test("a guest that was told to stop is not killed once nobody wants it")
    func notWantedWhileStopping() {
        var life = Life()
        life.launch()
        life.happen(.desired(Sample.desired(2, .stopped, stopTimeout: 5)))
        life.happen(.notWanted)
        life.pass(100)
        #expect(life.kills == 0)
        #expect(life.machine.wakeAt == nil)
    }

    @Test("a VM without a record is adopted or destroyed only by an operator's word", arguments: [false, true])
    func withoutRecord(isWord: Bool) {
        var life = Life()
        let vmm = Sample.process(5)
        life.carryOut(life.machine.takeUp(FoundInstance(id: Sample.id, record: nil, vmm: .running(vmm)), address: nil, at: .zero))
        #expect(life.state == .quarantined)
        life.happen(.desired(Sample.desired(1, adopt: isWord)))
        #expect(life.state == (isWord ? .running : .quarantined))
        #expect(life.machine.observed.pid == 5)
    }

    @Test("files without a readable record serve their instance, go with it, and are an operator's matter when nobody speaks of it")
    func filesWithoutRecord() {
        let found = FoundInstance(id: Sample.id, record: nil, vmm: .never)
        var deleted = Life()
        deleted.carryOut(deleted.machine.takeUp(found, address: nil, at: .zero))
        #expect(deleted.state == .absent && !deleted.machine.isForgettable)
        deleted.happen(.desired(Sample.desired(4, .deleted)))
        deleted.settle()
        #expect(deleted.removals == 1 && deleted.state == .absent && deleted.machine.observed.generation == 4)

        var wanted = Life()
        wanted.carryOut(wanted.machine.takeUp(found, address: nil, at: .zero))
        wanted.launch()
        #expect(wanted.state == .running && wanted.removals == 0)
        #expect(wanted.saved?.hasRun == true, "what a guest may have written is never undone")

        var unknown = Life()
        unknown.carryOut(unknown.machine.takeUp(found, address: nil, at: .zero))
        unknown.happen(.notWanted)
        #expect(unknown.state == .quarantined)
        unknown.pass(1000)
        #expect(unknown.removals == 0)
        unknown.happen(.desired(Sample.desired(1, .deleted)))
        unknown.settle()
        #expect(unknown.removals == 1 && unknown.state == .absent)
    }

    @Test("a quarantined VM is destroyed when the operator says so, and not by an order of before")
    func destroy() {
        var life = Life()
        life.launch(Sample.desired(9))
        life.happen(.notWanted)
        life.happen(.desired(Sample.desired(8, .deleted)))
        #expect(life.kills == 0)
        life.happen(.desired(Sample.desired(9, .deleted)))
        #expect(life.kills == 1)
        life.end(.signalled(9))
        life.settle()
        #expect(life.state == .absent)
    }

    @Test("a VM whose identity is in doubt is reported with the reason, and taken up when it answers")
    func doubtful() {
        var life = Life()
        let vmm = Sample.process(5)
        let found = FoundInstance(id: Sample.id, record: InstanceRecord(desired: Sample.desired(1)), vmm: .doubtful(vmm, "it is silent"))
        life.carryOut(life.machine.takeUp(found, address: nil, at: .zero))
        life.happen(.desired(Sample.desired(1)))
        #expect(life.state == .quarantined)
        #expect(life.machine.observed.reason == "it is silent")
        life.happen(.adopted(vmm))
        #expect(life.state == .running)
    }

    @Test("a running VM of a record is taken up as it is, and its later end is seen")
    func takeUp() {
        var life = Life()
        life.running = Sample.process(5)
        let found = FoundInstance(id: Sample.id, record: InstanceRecord(desired: Sample.desired(3)), vmm: .running(Sample.process(5)))
        life.carryOut(life.machine.takeUp(found, address: "10.0.2.15", at: .zero))
        #expect(life.state == .running)
        #expect(life.pending == nil)
        #expect(life.machine.observed.generation == 3)
        life.end(.signalled(9))
        #expect(life.state == .starting)
    }

    @Test("a stop that another agent began is gone on with")
    func takeUpStopping() {
        var life = Life()
        let found = FoundInstance(id: Sample.id, record: InstanceRecord(desired: Sample.desired(3, .stopped)), vmm: .running(Sample.process(5)))
        life.carryOut(life.machine.takeUp(found, address: nil, at: .zero))
        #expect(life.powerDowns == 1)
    }

    @Test("after a boot what should run is started again when the controller still wants it here, without counting as a restart")
    func afterBoot() {
        var life = Life()
        let found = FoundInstance(id: Sample.id, record: InstanceRecord(desired: Sample.desired(1)), vmm: .endedWithMachine)
        life.carryOut(life.machine.takeUp(found, address: nil, at: .zero))
        life.settle()
        #expect(life.state == .starting && life.running == nil)
        #expect(life.machine.observed.reason == "waits for the controller, since its node has started anew")
        life.happen(.desired(Sample.desired(1)))
        life.settle()
        #expect(life.state == .running)
        #expect(life.machine.observed.restarts == 0)
    }

    @Test("after a boot what had powered itself off, failed or was stopped stays as it is")
    func staysDown() {
        var off = InstanceRecord(desired: Sample.desired(1))
        off.poweredItselfOff = true
        var failed = InstanceRecord(desired: Sample.desired(1))
        failed.failure = "making the disk failed"
        let stopped = InstanceRecord(desired: Sample.desired(1, .stopped))
        for (record, state) in [(off, ObservedInstance.State.stopped), (failed, .failed), (stopped, .stopped)] {
            var life = Life()
            life.carryOut(life.machine.takeUp(FoundInstance(id: Sample.id, record: record, vmm: .endedWithMachine), address: nil, at: .zero))
            #expect(life.pending == nil)
            #expect(life.state == state)
        }
    }

    @Test("an end that nobody saw falls under the restart policy; a clean one does not")
    func endedUnseen() {
        for (exit, state) in [(VMMExit.unseen, ObservedInstance.State.starting), (.poweredOff, .stopped)] {
            var life = Life()
            let found = FoundInstance(id: Sample.id, record: InstanceRecord(desired: Sample.desired(1)), vmm: .ended(exit))
            life.carryOut(life.machine.takeUp(found, address: nil, at: .zero))
            #expect(life.state == state)
        }
    }

    static let recorded = Sample.process(5)

    @Test("adoption needs the boot, the start time and an answer for this very instance")
    func adoption() {
        let id = Sample.id
        let right = Adoption.Answer(name: "\(id)", uuid: "\(id)")
        func judge(boot: String = "boot", start: UInt64? = 50, answer: Adoption.Answer?) -> Adoption {
            Adoption.judge(Self.recorded, bootID: boot, startTime: start, answer: answer, instance: id)
        }
        #expect(judge(answer: right) == .adopt)
        #expect(judge(boot: "next boot", answer: right) == .gone)
        #expect(judge(start: 51, answer: right) == .gone)
        #expect(judge(start: nil, answer: right) == .gone)
        #expect(judge(answer: nil) == .doubtful("its VMM (pid 5) does not answer on its control socket"))
        let other = "00000000-0000-4000-8000-000000000002"
        #expect(judge(answer: Adoption.Answer(name: "\(id)", uuid: other)) == .doubtful("its control socket answers for another VM: \(other)"))
        #expect(judge(answer: Adoption.Answer(name: "other", uuid: "\(id)")) != .adopt)
    }
}
