import AgentDecisions
import ClusterModel
import Testing

@Suite("the life of a fenced instance")
struct FencedLifeTests {
    private func fenced(_ generation: Int64 = 1, _ state: DesiredState = .running) -> DesiredInstance {
        Sample.desired(generation, state, fenced: true)
    }

    private func running() -> Life {
        var life = Life()
        life.hold(for: 30)
        life.launch(fenced())
        #expect(life.state == .running)
        return life
    }

    @Test("without a lease everything but its VMM is made ready; with one it starts")
    func waits() {
        var life = Life()
        life.launch(fenced())
        #expect(life.pending == nil && life.running == nil && life.hasFiles)
        #expect(life.state == .starting)
        #expect(life.machine.observed.reason == "waits for its node's lease")
        life.hold(for: 30)
        #expect(life.pending == .startVMM)
        life.settle()
        #expect(life.state == .running && life.machine.observed.reason == nil)
    }

    @Test("a lease that is only kept from before starts nothing")
    func kept() {
        var life = Life()
        life.lease = .kept(until: .seconds(30))
        life.launch(fenced())
        #expect(life.pending == nil && life.running == nil)
    }

    @Test("at the lapse it is killed, without asking the guest; that is no failure, and with the next lease it runs again")
    func lapse() throws {
        var life = running()
        let first = life.running
        life.pass(29)
        #expect((life.kills, life.powerDowns) == (0, 0))
        life.pass(1)
        #expect((life.kills, life.powerDowns) == (1, 0))
        life.end(.leaseOver)
        #expect(life.state == .starting)
        #expect(life.machine.observed.reason == "its node's lease is over")
        life.settle()
        #expect(life.machine.observed.reason == "waits for its node's lease")
        life.pass(100)
        #expect(life.running == nil)
        life.hold(for: 30)
        life.settle()
        #expect(life.state == .running && life.running != first)
        let record = try #require(life.saved)
        #expect((record.restarts, record.streak, record.failure) == (0, 0, nil))
    }

    @Test("an agent that hears of its cage's deed only under the next lease counts no failure and does not wait", arguments: [VMMExit.leaseOver])
    func lateNews(exit: VMMExit) throws {
        var life = running()
        life.now += .seconds(40)
        life.lease = .held(until: life.now + .seconds(30))
        life.end(exit)
        #expect(life.pending == .fetchImage)
        life.settle()
        #expect(life.state == .running)
        #expect(life.machine.observed.restarts == 0)
    }

    @Test("a VMM that fails under a valid lease is a failure as ever")
    func failure() {
        var life = running()
        life.end(.signalled(9))
        #expect(life.machine.observed.restarts == 1)
    }

    @Test("a cage that refuses to start since the lease is over has not failed, however often")
    func refusedByCage() {
        var life = Life()
        life.hold(for: 30)
        life.happen(.desired(fenced()))
        while life.pending != .startVMM { life.succeed() }
        for _ in 0..<10 {
            // Nobody has noticed the lapse before the cage did.
            life.now += .seconds(30)
            life.fail()
            #expect(life.state == .starting)
            life.hold(for: 30)
            #expect(life.pending == .startVMM)
        }
        life.settle()
        #expect(life.state == .running)
    }

    @Test("a VMM that came up as the lease lapsed is ended")
    func cameUpLate() {
        var life = Life()
        life.hold(for: 30)
        life.happen(.desired(fenced()))
        while life.pending != .startVMM { life.succeed() }
        life.pass(30)
        #expect(life.abandoned)
        life.succeed()
        #expect(life.kills == 1)
    }

    @Test("it ends with the lease also where nobody speaks of it any more")
    func unwanted() {
        var life = running()
        life.happen(.notWanted)
        #expect(life.state == .quarantined && life.kills == 0)
        life.pass(30)
        #expect(life.kills == 1)
        life.end(.leaseOver)
        life.hold(for: 30)
        #expect(life.pending == nil && life.running == nil, "and nobody wants it back")
    }

    @Test("what was asked meanwhile is done when the lease is back: stopped stays stopped, deleted goes")
    func askedMeanwhile() {
        for state in [DesiredState.stopped, .deleted] {
            var life = running()
            life.pass(30)
            life.end(.leaseOver)
            life.settle()
            life.happen(.desired(fenced(2, state)))
            life.settle()
            life.hold(for: 30)
            life.settle()
            #expect(life.running == nil)
            #expect(life.state == (state == .stopped ? .stopped : .absent))
        }
    }

    @Test("a guest that powered itself off stays off under the next lease")
    func poweredOff() {
        var life = running()
        life.now += .seconds(30)
        life.end(.poweredOff)
        life.hold(for: 30)
        #expect(life.state == .stopped && life.pending == nil)
    }

    @Test("stay knows no lease")
    func stay() {
        var life = Life()
        life.launch()
        life.pass(1000)
        #expect(life.state == .running && life.kills == 0)
    }

    @Test("after a boot nothing starts before the controller speaks of it, nor what is fenced before its lease; after a restart both are left alone")
    func takeUp() {
        for isFenced in [true, false] {
            var record = InstanceRecord(desired: Sample.desired(3, fenced: isFenced))
            record.hasRun = true
            var booted = Life()
            booted.carryOut(
                booted.machine.takeUp(.init(id: Sample.id, record: record, vmm: .endedWithMachine), address: nil, at: .zero, lease: .none))
            booted.settle()
            #expect(booted.running == nil && booted.state == .starting)
            booted.happen(.desired(Sample.desired(3, fenced: isFenced)))
            booted.settle()
            #expect((booted.running == nil) == isFenced)
            var again = Life()
            again.lease = .kept(until: .seconds(20))
            let found = FoundInstance(id: Sample.id, record: record, vmm: .running(Sample.process(9)))
            again.carryOut(again.machine.takeUp(found, address: nil, at: .zero, lease: again.lease))
            again.pass(19)
            #expect(again.kills == 0 && again.state == .running)
            again.pass(1)
            #expect(again.kills == (isFenced ? 1 : 0))
        }
    }
}

@Suite("the order of terms and generations")
struct TermOrderTests {
    @Test("a later term is heeded though its number is lower, an earlier one never, and what is the same changes nothing")
    func order() {
        var life = Life()
        life.happen(.desired(Sample.desired(5), epoch: Epoch(2)))
        life.settle()
        #expect(life.saved?.epoch == Epoch(2))
        life.happen(.desired(Sample.desired(9, .deleted), epoch: Epoch(1)))
        #expect(life.state == .running)
        life.end(.poweredOff)
        life.happen(.desired(Sample.desired(5), epoch: Epoch(3)))
        #expect(life.state == .stopped, "the same order under a new term does not start it again")
        life.happen(.desired(Sample.desired(6), epoch: Epoch(2)))
        #expect(life.state == .stopped, "a term that was heard since is over")
        life.happen(.desired(Sample.desired(4), epoch: Epoch(4)))
        life.settle()
        #expect(life.state == .running && life.saved?.desired.generation == 4 && life.saved?.epoch == Epoch(4))
    }

    @Test("the same number of a later term with other words is another order")
    func sameNumber() {
        var life = Life()
        life.happen(.desired(Sample.desired(5), epoch: Epoch(2)))
        life.settle()
        life.happen(.desired(Sample.desired(5, .stopped), epoch: Epoch(3)))
        #expect(life.state == .stopping)
    }
}
