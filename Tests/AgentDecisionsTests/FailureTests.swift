import AgentDecisions
import ClusterModel
import Testing

@Suite("failures on a node")
struct FailureTests {
    static let launchSteps: [InstanceWork] = [.fetchImage, .makeDisk, .makeSeed, .startVMM]

    @Test("a step that keeps failing is tried again with longer and longer waits, ends in failed, and leaves nothing", arguments: launchSteps)
    func retries(step: InstanceWork) {
        var life = Life()
        life.happen(.desired(Sample.desired(1)))
        while life.pending != step { life.succeed() }
        var waits: [Duration] = []
        while life.state != .failed, waits.count < 50 {
            life.fail()
            if let wakeAt = life.machine.wakeAt {
                waits.append(wakeAt - life.now)
                life.now = wakeAt
                life.happen(.tick)
            }
        }
        #expect(waits == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(life.machine.observed.reason == "\(step.words) failed: it broke")
        #expect(life.pending == .undo)
        life.settle()
        #expect(life.state == .failed)
        #expect(!life.hasFiles)
        #expect(life.saved?.failure != nil)
    }

    @Test("a failure that lasts is final at once", arguments: launchSteps)
    func lasting(step: InstanceWork) {
        var life = Life()
        life.happen(.desired(Sample.desired(1)))
        while life.pending != step { life.succeed() }
        life.fail(lasting: true)
        #expect(life.state == .failed)
        life.settle()
        #expect(!life.hasFiles)
    }

    @Test("a clean-up that fails is tried again until it is done")
    func undoAgain() {
        var life = Life()
        life.happen(.desired(Sample.desired(1)))
        life.succeed()
        life.succeed()
        life.fail(lasting: true)
        for _ in 0..<3 {
            #expect(life.pending == .undo)
            life.fail()
            #expect(life.pending == nil)
            life.pass(60)
        }
        life.settle()
        #expect(life.state == .failed)
        #expect(!life.hasFiles)
    }

    @Test("a clean-up that was cut short by the agent's end is done by the next agent")
    func undoByTheNext() {
        var life = Life()
        life.happen(.desired(Sample.desired(1)))
        life.succeed()
        life.fail(lasting: true)
        var next = InstanceMachine(id: life.machine.id)
        let effects = next.takeUp(FoundInstance(id: life.machine.id, record: life.saved, vmm: .never), address: nil, at: .zero)
        #expect(effects == [.begin(.undo)])
    }

    @Test("a new order after a failure begins anew")
    func again() {
        var life = Life()
        life.happen(.desired(Sample.desired(1)))
        life.fail(lasting: true)
        life.settle()
        life.launch(Sample.desired(2))
        #expect(life.state == .running)
        #expect(life.machine.observed.reason == nil)
    }

    @Test("a disk that a guest has written is never undone")
    func keepsData() {
        var life = Life()
        life.launch()
        life.happen(.desired(Sample.desired(2, .stopped)))
        life.end(.poweredOff)
        life.happen(.desired(Sample.desired(3)))
        life.fail(lasting: true)
        #expect(life.state == .failed)
        #expect(life.pending == nil)
        #expect(life.hasFiles)
    }

    @Test("a crash is restarted with longer and longer waits, and is final after the limit")
    func restarts() {
        var life = Life()
        life.launch()
        var waits: [Duration] = []
        while life.state != .failed, waits.count < 50 {
            life.end(.signalled(9))
            guard let wakeAt = life.machine.wakeAt else { break }
            #expect(life.state == .starting)
            waits.append(wakeAt - life.now)
            life.now = wakeAt
            life.happen(.tick)
            life.settle()
        }
        #expect(waits == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(16)])
        #expect(life.machine.observed.reason == "its VMM was killed by signal 9 again after 5 restarts in a row")
        #expect(life.machine.observed.restarts == 5)
        #expect(life.hasFiles)
    }

    @Test("a long run makes a crash count as the first again")
    func stable() {
        var life = Life()
        life.launch()
        for _ in 0..<20 {
            life.pass(200)
            life.end(.exited(1))
            #expect(life.machine.wakeAt.map { $0 - life.now } == .seconds(1))
            life.pass(1)
            life.settle()
        }
        #expect(life.state == .running)
        #expect(life.machine.observed.restarts == 20)
    }

    @Test("with the policy never a crash is final")
    func never() {
        var life = Life()
        life.launch(Sample.desired(1, restart: .never))
        life.end(.signalled(11))
        #expect(life.state == .failed)
        #expect(life.machine.observed.reason == "its VMM was killed by signal 11, and its policy is to restart never")
        #expect(life.machine.wakeAt == nil)
    }

    @Test("a stop during the wait before a restart is obeyed at once")
    func stopDuringBackOff() {
        var life = Life()
        life.launch()
        life.end(.signalled(9))
        life.happen(.desired(Sample.desired(2, .stopped)))
        #expect(life.state == .stopped)
        life.pass(100)
        #expect(life.pending == nil)
    }

    @Test("removing that fails goes on until it is done")
    func removal() {
        var life = Life()
        life.launch()
        life.happen(.desired(Sample.desired(2, .deleted)))
        life.end(.signalled(9))
        for _ in 0..<20 {
            life.fail()
            #expect(life.state == .stopping)
            life.pass(31)
            #expect(life.pending == .removeFiles)
        }
        life.succeed()
        #expect(life.state == .absent)
    }
}
