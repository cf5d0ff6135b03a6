import AgentDecisions
import ClusterModel

/// What a machine does for its agent.
extension SimulatedNode {
    func save(_ record: InstanceRecord) -> Bool {
        guard disk.full == 0 else { return false }
        world.invariants.obeyed(generation: record.desired.generation, of: record.desired.id, by: self)
        disk.save(record, synced: world.planted != .recordNotSynced)
        return true
    }

    func forgetGeneration(of id: InstanceID) { world.invariants.forgotGeneration(of: id, by: self) }

    func duration(of work: InstanceWork) -> Span {
        switch work {
        case .fetchImage: chance.chance(80) ? .milliseconds(1) : .milliseconds(chance.below(8000))
        case .makeDisk, .makeSeed, .arrangeDisks: .milliseconds(1 + chance.below(30))
        case .startVMM, .receive, .send, .resume: .milliseconds(2 + chance.below(60))
        case .undo, .removeFiles: .milliseconds(1 + chance.below(100))
        }
    }

    func fails(_ work: InstanceWork) -> Bool {
        failingWork.contains(work) || disk.full > 0 && (work == .makeDisk || work == .makeSeed)
    }

    func isCaged(_ id: InstanceID) -> Bool { disk[id]?.process.flatMap { processes[$0.pid] }?.instance == id }

    func powerDown(_ process: VMMProcess) {
        guard var vmm = processes[process.pid], vmm.process == process, vmm.hangs == 0, !vmm.isEnding else { return }
        guard world.now - vmm.startedAt >= SimulatedVMM.deafness else { return }
        vmm.isEnding = true
        processes[process.pid] = vmm
        end(process.pid, .poweredOff, after: .milliseconds(100 + chance.below(6000)))
    }

    func kill(_ process: VMMProcess, of id: InstanceID) {
        guard let vmm = processes[process.pid] else { return }
        guard vmm.process == process || world.planted == .adoptionByPid else { return }
        world.invariants.killed(vmm, for: id, on: self)
        end(process.pid, .signalled(9), after: .milliseconds(1 + chance.below(50)))
    }

    // MARK: What an agent that starts finds

    func find(_ id: InstanceID, by agent: AgentProcess) -> FoundInstance? {
        guard let files = disk[id] else { return nil }
        guard let process = files.process else { return FoundInstance(id: id, record: files.record, vmm: .never) }
        let vmm: FoundInstance.FoundVMM
        switch judge(process, of: id) {
        case .adopt: vmm = .running(process)
        case .doubtful(let why):
            vmm = .doubtful(process, why)
            world.push(.doubtAskedAgain(node: index, life: agent.life, instance: id, pid: process.pid), after: .seconds(2))
        case .gone where process.bootID != bootName: vmm = .endedWithMachine
        case .gone: vmm = .ended(files.end?.process == process ? files.end?.exit ?? .unseen : .unseen)
        }
        return FoundInstance(id: id, record: files.record, vmm: vmm)
    }

    func judge(_ process: VMMProcess, of id: InstanceID) -> Adoption {
        let alive = processes[process.pid]
        if world.planted == .adoptionByPid { return alive == nil ? .gone : .adopt }
        var answer: Adoption.Answer?
        if let alive, alive.hangs == 0 {
            let name = alive.lies > 0 ? id.description.uppercased() + "x" : alive.instance.description
            answer = Adoption.Answer(name: name, uuid: name)
        }
        return Adoption.judge(process, bootID: bootName, startTime: alive?.process.startTime, answer: answer, instance: id)
    }

    // MARK: What goes wrong with VMMs

    /// One of those that run, by a number that was drawn before anybody knew them.
    func victim(_ pick: Int) -> Int32? {
        let pids = processes.keys.sorted()
        return pids.isEmpty ? nil : pids[pick % pids.count]
    }

    /// A VM that this cluster never heard of, found when the agent starts.
    func addStranger() {
        guard isUp, !isFrozen else { return }
        let id: InstanceID = chance.id()
        world.invariants.isStranger(id)
        guard spawn(id, isFenced: false, isStranger: true) != nil else { return }
        killAgent("killed, with a stranger beside it")
    }

    /// The record of one of the instances here can't be read any more, and the agent starts anew.
    func loseRecord(_ pick: Int) {
        let kept = disk.instances
        guard isUp, !kept.isEmpty else { return }
        let id = kept[pick % kept.count]
        disk[id]?.record = nil
        disk[id]?.synced = nil
        world.invariants.lostRecord(of: id, on: self)
        if disk[id]?.isEmpty == true { disk[id] = nil }
        killAgent("killed, with a record lost")
    }
}

/// When nothing new goes wrong any more.
extension SimulatedNode {
    func curesVMMs() {
        for pid in processes.keys.sorted() {
            processes[pid]?.hangs = 0
            processes[pid]?.lies = 0
        }
    }

    func works(again work: InstanceWork) {
        if let place = failingWork.firstIndex(of: work) { failingWork.remove(at: place) }
    }

    func calm() {
        disk.full = 0
        failingWork = []
        agent?.crashAfter = nil
        curesVMMs()
        endPauses()
        bootUp()
    }
}
