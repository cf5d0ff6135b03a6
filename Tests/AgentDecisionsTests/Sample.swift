import AgentDecisions
import ClusterModel

/// One instance of the tests.
enum Sample {
    static let id = InstanceID("00000000-0000-4000-8000-000000000001")!

    static func desired(
        _ generation: Int64, _ state: DesiredState = .running, restart: RestartPolicy = .onFailure, reboots: Int64 = 0, stopTimeout: Int64 = 30,
        adopt: Bool = false, fenced: Bool = false
    ) -> DesiredInstance {
        DesiredInstance(
            id: id, name: try! Name("web-1"), project: try! Name("default"), generation: generation, desired: state,
            resources: Resources(cpu: MilliCPU(1000), memory: MiB(128), disk: .zero),
            image: ImageReference(name: try! Name("tiny"), digest: Digest(hex: String(repeating: "a", count: 64))!, format: .linux, bytes: 1),
            restart: restart, reboots: reboots, stopTimeout: Milliseconds(seconds: stopTimeout), adopt: adopt, fenced: fenced)
    }

    static func process(_ pid: Int32) -> VMMProcess { VMMProcess(pid: pid, startTime: UInt64(pid) * 10, bootID: "boot") }
}

/// A machine together with a world that does what it says, one step at a time.
struct Life {
    var machine = InstanceMachine(id: Sample.id)
    var now = Duration.zero
    var pending: InstanceWork?
    var abandoned = false
    var hasFiles = false
    var running: VMMProcess?
    var nextPid: Int32 = 100
    var saved: InstanceRecord?
    var powerDowns = 0
    var kills = 0
    var removals = 0
    var overlaps = 0
    var lease = LeaseStanding.none
    /// What the next arrangement of the disks comes to.
    var arrangement = DiskReport()

    mutating func happen(_ event: InstanceEvent) { carryOut(machine.handle(event, at: now, lease: lease)) }

    /// A grant, with the tick that a fenced instance wants for it.
    mutating func hold(for seconds: Double) {
        lease = .held(until: now + .seconds(seconds))
        happen(.tick)
    }

    mutating func carryOut(_ effects: [InstanceEffect]) {
        for effect in effects {
            switch effect {
            case .save(let record): saved = record
            case .begin(let work):
                if pending != nil { overlaps += 1 }
                pending = work
                abandoned = false
            case .abandon: abandoned = true
            case .powerDown: powerDowns += 1
            case .kill: kills += 1
            }
        }
    }

    mutating func pass(_ seconds: Double) {
        now += .seconds(seconds)
        happen(.tick)
    }

    /// Lets the pending work succeed.
    mutating func succeed() {
        guard let work = pending else { return }
        pending = nil
        switch work {
        case .startVMM:
            let vmm = Sample.process(nextPid)
            nextPid += 1
            running = vmm
            happen(.started(vmm, address: "10.0.2.15", spawned: now))
            return
        case .fetchImage, .receive, .send, .resume: break
        case .makeDisk, .makeSeed: hasFiles = true
        case .arrangeDisks:
            happen(.arranged(arrangement))
            return
        case .undo, .removeFiles: hasFiles = false
        }
        if work == .removeFiles {
            saved = nil
            removals += 1
        }
        happen(.finished(work))
    }

    mutating func fail(lasting: Bool = false) {
        guard let work = pending else { return }
        pending = nil
        happen(.failed(work, reason: "it broke", lasting: lasting))
    }

    mutating func end(_ exit: VMMExit) {
        guard let vmm = running else { return }
        running = nil
        happen(.ended(vmm, exit))
    }

    /// Everything succeeds until nothing is pending.
    mutating func settle() {
        for _ in 0..<20 where pending != nil { succeed() }
    }

    mutating func launch(_ desired: DesiredInstance = Sample.desired(1)) {
        happen(.desired(desired))
        settle()
    }

    var state: ObservedInstance.State { machine.observed.state }
}
