import AgentDecisions
import CageDecisions
import ClusterModel

/// A machine of the cluster: its clock, its disk, its processes, and what becomes of them.
final class SimulatedNode {
    unowned let world: World
    let index: Int
    let id: NodeID
    let registration: NodeRegistration
    var chance: SeededGenerator

    private(set) var boot = 0
    private(set) var clock: MachineClock
    private(set) var isUp = false
    var disk = NodeDisk()
    /// On tmpfs: it outlives the agent and not the machine.
    var leaseFile: [UInt8] = []
    var leaseSequence: UInt64 = 0

    private(set) var agent: AgentProcess?
    private(set) var agentLife = 0
    /// The syncs and pauses of all its agents are numbered in one row: an answer goes to the connection that asked, which ends with its process.
    var turns = 0
    var processes: [Int32: SimulatedVMM] = [:]
    private var nextPid: Int32 = 100
    var guardWatch: GuardWatch
    /// Nobody switches on a machine that was called dead while that word is under way.
    private var keptOff = 0
    /// Its VMMs stand still with it.
    private(set) var isFrozen = false
    private var pausedUntil: [Moment] = Array(repeating: .zero, count: Fault.Stopped.allCases.count)
    /// What fails here for now.
    var failingWork: [InstanceWork] = []
    private var route = 0
    private var routeChange: (at: Moment, to: Int)?

    init(world: World, index: Int, machine: ClusterShape.Machine) {
        self.world = world
        self.index = index
        registration = machine.registration
        chance = SeededGenerator(seed: world.settings.seed, stream: 1000 + UInt64(index))
        id = chance.id()
        clock = MachineClock(rate: 0, bootedAt: .zero)
        guardWatch = GuardWatch(boot: BootID(high: 0, low: 0), feeds: false)
    }

    var reading: Span { clock.reading(at: world.now) }
    var bootID: BootID { BootID(high: UInt64(index) + 1, low: UInt64(boot)) }
    var bootName: String { "boot-\(index)-\(boot)" }
    var label: String { "n\(index + 1)" }
    var hasWatchdog: Bool { registration.facts.fencing == .watchdog }

    // MARK: The machine

    func bootUp() {
        guard !isUp, keptOff == 0 else { return }
        boot += 1
        isUp = true
        let limit = LeaseTiming.clockRate
        let rate = chance.pick([limit, -limit, Int64(chance.below(Int(2 * limit))) - limit, 0])
        clock = MachineClock(rate: rate, bootedAt: world.now)
        leaseFile = []
        leaseSequence = 0
        nextPid = 100 + Int32(chance.below(3))
        guardWatch = GuardWatch(boot: bootID, feeds: false)
        pausedUntil = pausedUntil.map { _ in .zero }
        world.note("\(label) boots, its clock at \(rate) ppm")
        world.push(.guardLooks(node: index, boot: boot), after: .seconds(1))
        scheduleAgent(after: .milliseconds(100 + chance.below(2000)))
    }

    func losePower() {
        guard isUp else { return }
        world.note("\(label) loses power")
        isUp = false
        isFrozen = false
        agent = nil
        agentLife += 1
        for pid in processes.keys.sorted() {
            if let vmm = processes[pid] { world.invariants.ended(vmm, on: self) }
        }
        processes = [:]
        disk.losePower(&chance)
    }

    /// Longer than a client asks for and than a link holds a request back.
    private static let wordsLife = Span.seconds(140)

    func keepOff() {
        keptOff += 1
        world.push(.machineReleased(node: index), after: Self.wordsLife)
    }

    func release() {
        keptOff -= 1
        bootUp()
    }

    // MARK: Pauses

    func pause(_ stopped: Fault.Stopped, until moment: Moment) {
        guard isUp, let place = Fault.Stopped.allCases.firstIndex(of: stopped) else { return }
        let (cages, guardian) = (isPaused(.cages), isPaused(.guardian))
        // Where cages and guard both stand still, only a watchdog ends what runs; without one nothing is promised.
        if stopped == .cages && guardian || stopped == .guardian && cages {
            guard hasWatchdog else { return }
        }
        // On its return from a pause of all, what ends VMMs has to be there before they are.
        if stopped == .machine ? cages || guardian : isPaused(.machine) { return }
        world.note("\(label): \(stopped.rawValue) stopped until \(moment)")
        pausedUntil[place] = max(pausedUntil[place], moment)
        if stopped == .guardian, hasWatchdog {
            world.push(.watchdogBites(node: index, boot: boot), after: Span(world.lease.kill))
        }
        if stopped == .machine, !isFrozen {
            isFrozen = true
            world.invariants.machinePaused(self)
        }
    }

    private func isPaused(_ stopped: Fault.Stopped) -> Bool { resume(of: stopped) > world.now }

    func resume(of stopped: Fault.Stopped) -> Moment {
        guard let place = Fault.Stopped.allCases.firstIndex(of: stopped), let machine = pausedUntil.last else { return .zero }
        return max(pausedUntil[place], machine)
    }

    /// The guard of a machine with a watchdog has not fed it.
    func watchdogBites(boot: Int) {
        guard boot == self.boot, isUp, isPaused(.guardian), !isPaused(.machine) else { return }
        losePower()
        world.push(.machineBoots(node: index, boot: boot), after: .seconds(5 + chance.below(20)))
    }

    /// All that was due comes first: what lost its permission meanwhile does not run again.
    func machineResumes() {
        guard isFrozen, resume(of: .machine) <= world.now else { return }
        isFrozen = false
        for pid in processes.keys.sorted() where processes[pid]?.isFenced == true { cageLooks(pid: pid, boot: boot, atOnce: true) }
        world.invariants.machineResumed(self)
    }

    func endPauses() {
        pausedUntil = pausedUntil.map { _ in .zero }
        machineResumes()
    }

    // MARK: The agent

    func scheduleAgent(after delay: Span) { world.push(.agentStarts(node: index, life: agentLife), after: delay) }

    func startAgent(life: Int) {
        guard isUp, agent == nil, life == agentLife else { return }
        agentLife += 1
        let agent = AgentProcess(node: self, life: agentLife)
        self.agent = agent
        world.note("\(label): agent starts")
        agent.start()
    }

    func killAgent(_ why: String) {
        guard agent != nil else { return }
        world.note("\(label): agent \(why)")
        agent = nil
        agentLife += 1
        scheduleAgent(after: .milliseconds(1000 + chance.below(4000)))
    }

    // MARK: The way to the controller

    var controller: Int {
        let usual = settledRoute
        // Some way still leads to the old one, now and then.
        return world.isSplit && world.settings.seed % 2 == 0 && chance.chance(15) ? 1 - usual : usual
    }

    private var settledRoute: Int {
        if let change = routeChange, change.at <= world.now {
            route = change.to
            routeChange = nil
        }
        return route
    }

    /// Nodes find a new controller one by one.
    func turn(to controller: Int, within span: Span) {
        routeChange = (world.now + Span(nanoseconds: Int64(chance.below(max(1, Int(span.nanoseconds))))), controller)
    }

    // MARK: VMMs

    func spawn(_ instance: InstanceID, isFenced: Bool, isStranger: Bool = false) -> SimulatedVMM? {
        var cage = CageLease(boot: bootID)
        let now = UInt64(reading.nanoseconds)
        guard !isFenced || cage.mayStart(reading: leaseFile, at: now) else { return nil }
        let process = VMMProcess(pid: nextPid, startTime: UInt64(reading.nanoseconds / 10_000_000), bootID: bootName)
        nextPid += 1
        var vmm = SimulatedVMM(process: process, instance: instance, startedAt: world.now, isFenced: isFenced, cage: cage)
        vmm.isStranger = isStranger
        processes[process.pid] = vmm
        if disk[instance] == nil { disk[instance] = NodeDisk.Files() }
        disk[instance]?.process = process
        disk[instance]?.end = nil
        world.invariants.started(vmm, on: self)
        if isFenced { world.push(.cageLooks(node: index, boot: boot, pid: process.pid), after: .zero) }
        return vmm
    }

    /// Signalled, or told by ACPI; it ends after `delay`.
    func end(_ pid: Int32, _ exit: VMMExit, after delay: Span) {
        world.push(.vmmEnds(node: index, boot: boot, pid: pid, exit: exit), after: delay)
    }

    func vmmEnds(_ pid: Int32, boot: Int, _ exit: VMMExit) {
        guard isUp, boot == self.boot, let vmm = processes[pid] else { return }
        if let later = world.deferred(until: resume(of: .machine)) {
            return world.push(.vmmEnds(node: index, boot: boot, pid: pid, exit: exit), at: later)
        }
        processes[pid] = nil
        if disk[vmm.instance]?.process == vmm.process { disk[vmm.instance]?.end = (vmm.process, exit) }
        world.note("\(label): VMM \(pid) of \(world.name(vmm.instance)) \(exit.words)")
        world.invariants.ended(vmm, on: self)
        guard agent != nil else { return }
        world.push(
            .endSeen(node: index, life: agentLife, instance: vmm.instance, process: vmm.process, exit: exit),
            after: .milliseconds(1 + chance.below(20)))
    }

    // MARK: Cage and guard

    /// The time that ending a VMM takes, with its I/O drained: within F of the lease's end, also where only the guard is left to do it.
    private var killTime: Span { .milliseconds(chance.below(Int(world.lease.kill.count) - 1000)) }

    func cageLooks(pid: Int32, boot: Int, atOnce: Bool = false) {
        guard world.planted != .cageAsleep, isUp, boot == self.boot, var vmm = processes[pid] else { return }
        if let later = world.deferred(until: resume(of: .cages)) { return world.push(.cageLooks(node: index, boot: boot, pid: pid), at: later) }
        let step = vmm.cage.step(reading: leaseFile, at: UInt64(reading.nanoseconds))
        processes[pid] = vmm
        switch step {
        case .wait(let until):
            world.push(.cageLooks(node: index, boot: boot, pid: pid), at: clock.moment(of: Span(nanoseconds: Int64(clamping: until))))
        case .kill:
            if atOnce { return vmmEnds(pid, boot: boot, .leaseOver) }
            end(pid, .leaseOver, after: killTime)
        }
    }

    func guardLooks(boot: Int) {
        guard world.planted != .cageAsleep, isUp, boot == self.boot else { return }
        if let later = world.deferred(until: resume(of: .guardian)) { return world.push(.guardLooks(node: index, boot: boot), at: later) }
        var alive: [FencedVMM] = []
        for pid in processes.keys.sorted() {
            if let vmm = processes[pid], vmm.isFenced { alive.append(FencedVMM(pid: pid, startTime: vmm.process.startTime)) }
        }
        let orders = guardWatch.step(reading: leaseFile, alive: alive, at: UInt64(reading.nanoseconds))
        for vmm in orders.kill { end(vmm.pid, .leaseOver, after: killTime) }
        world.push(.guardLooks(node: index, boot: boot), at: clock.moment(of: Span(nanoseconds: Int64(clamping: orders.wakeAt))))
    }
}
