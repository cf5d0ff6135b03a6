import AgentDecisions
import ClusterModel
import Testing

@Suite("the life of an instance on its node")
struct InstanceLifeTests {
    @Test("a launch keeps its spec before it does anything, and goes through every step in order")
    func launch() {
        var machine = InstanceMachine(id: Sample.id)
        let effects = machine.handle(.desired(Sample.desired(1)), at: .zero)
        #expect(effects == [.save(InstanceRecord(desired: Sample.desired(1))), .begin(.fetchImage)])
        #expect(machine.observed.state == .preparing)
        #expect(machine.handle(.finished(.fetchImage), at: .milliseconds(1)) == [.begin(.makeDisk)])
        #expect(machine.handle(.finished(.makeDisk), at: .milliseconds(2)) == [.begin(.makeSeed)])
        #expect(machine.handle(.finished(.makeSeed), at: .milliseconds(3)) == [.begin(.startVMM)])
        #expect(machine.observed.state == .starting)
        _ = machine.handle(.started(Sample.process(7), address: nil, spawned: .milliseconds(4)), at: .milliseconds(9))
        #expect(machine.observed.state == .running)
        #expect(machine.observed.pid == 7)
        #expect(machine.observed.timings == StartTimings(imageReady: 1000, diskReady: 2000, seedReady: 3000, spawned: 4000))
    }

    @Test("a stop asks by ACPI, asks again, and ends the guest hard when its time is over")
    func stop() {
        var life = Life()
        life.launch()
        life.happen(.desired(Sample.desired(2, .stopped, stopTimeout: 10)))
        #expect(life.state == .stopping)
        #expect((life.powerDowns, life.kills) == (1, 0))
        life.pass(5)
        #expect((life.powerDowns, life.kills) == (2, 0))
        life.pass(5)
        #expect(life.kills == 1)
        life.end(.signalled(9))
        #expect(life.state == .stopped)
        #expect(life.machine.observed.reason == "the guest did not shut down in time and was ended hard")
        #expect(life.machine.observed.generation == 2)
        #expect(life.hasFiles)
    }

    @Test("a stop with no time is hard at once, also when it comes during a gentle one")
    func force() {
        var life = Life()
        life.launch()
        life.happen(.desired(Sample.desired(2, .stopped, stopTimeout: 30)))
        life.happen(.desired(Sample.desired(3, .stopped, stopTimeout: 0)))
        #expect(life.kills == 1)
    }

    @Test("a guest that powers itself off is stopped, no failure, and stays so until a start is asked for")
    func powerOff() {
        var life = Life()
        life.launch()
        life.end(.poweredOff)
        #expect(life.state == .stopped)
        #expect(life.machine.observed.reason == "the guest powered itself off")
        life.pass(1000)
        life.happen(.desired(Sample.desired(1)))
        #expect(life.pending == nil)
        life.launch(Sample.desired(2))
        #expect(life.state == .running)
        #expect(life.machine.observed.reason == nil)
    }

    @Test("a reboot stops and starts once for its number, and is done only when the guest runs again")
    func reboot() {
        var life = Life()
        life.launch()
        let first = life.running
        life.happen(.desired(Sample.desired(2, reboots: 1)))
        #expect(life.state == .stopping)
        #expect(life.machine.observed.reboots == 0)
        life.end(.poweredOff)
        life.settle()
        #expect(life.state == .running)
        #expect(life.running != first)
        #expect(life.machine.observed.reboots == 1)
        #expect(life.saved?.reboots == 1)
        life.happen(.desired(Sample.desired(2, reboots: 1)))
        #expect(life.state == .running)
    }

    @Test("a start that comes while the guest stops is done when it has ended")
    func startWhileStopping() {
        var life = Life()
        life.launch()
        life.happen(.desired(Sample.desired(2, .stopped)))
        life.happen(.desired(Sample.desired(3, .running)))
        #expect(life.state == .stopping)
        life.end(.poweredOff)
        life.settle()
        #expect(life.state == .running)
    }

    @Test("a delete kills, takes everything away and says that nothing is left")
    func delete() {
        var life = Life()
        life.launch()
        life.happen(.desired(Sample.desired(2, .deleted)))
        #expect(life.kills == 1)
        life.end(.signalled(9))
        #expect(life.pending == .removeFiles)
        life.settle()
        #expect(life.state == .absent)
        #expect(life.machine.observed.generation == 2)
        #expect(!life.hasFiles && life.saved == nil)
    }

    @Test("a delete of something that never was here is answered all the same")
    func deleteUnknown() {
        var life = Life()
        life.happen(.desired(Sample.desired(4, .deleted)))
        #expect(life.state == .absent)
        #expect(life.machine.observed.generation == 4)
        #expect(life.pending == nil)
    }

    @Test("a delete during a long fetch cuts it short")
    func deleteWhileFetching() {
        var life = Life()
        life.happen(.desired(Sample.desired(1)))
        life.happen(.desired(Sample.desired(2, .deleted)))
        #expect(life.abandoned)
        life.fail()
        #expect(life.pending == .removeFiles)
        life.settle()
        #expect(life.state == .absent)
    }

    @Test("a spec of a lower generation changes nothing")
    func oldGeneration() {
        var life = Life()
        life.launch(Sample.desired(5))
        life.happen(.desired(Sample.desired(4, .deleted)))
        life.happen(.desired(Sample.desired(5, .stopped)))
        #expect(life.state == .running)
        #expect((life.powerDowns, life.kills) == (0, 0))
    }

    @Test("the guests of a node that goes down are stopped and not started again before the next boot or order")
    func nodeShutdown() throws {
        var life = Life()
        life.launch()
        life.happen(.shutDownWithNode(try #require(life.running)))
        #expect(life.state == .stopped)
        life.pass(1000)
        #expect(life.pending == nil)
        #expect(life.saved?.poweredItselfOff == false)
        life.launch(Sample.desired(2))
        #expect(life.state == .running)
    }
}
