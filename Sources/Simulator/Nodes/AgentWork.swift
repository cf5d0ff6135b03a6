import AgentDecisions
import ClusterModel

/// The work of an agent that takes time, and its starting of VMMs.
extension AgentProcess {
    func begin(_ work: InstanceWork, for id: InstanceID, isUnsaved: Bool) {
        let number = world.nextTicket()
        tickets[id] = Ticket(number: number, work: work, isUnsaved: isUnsaved)
        world.push(.workEnds(node: node.index, life: life, instance: id, ticket: number), after: node.duration(of: work))
    }

    func abandonWork(of id: InstanceID) {
        guard let ticket = tickets.removeValue(forKey: id) else { return }
        if let process = ticket.process { node.kill(process, of: id) }
        let number = world.nextTicket()
        tickets[id] = Ticket(number: number, work: ticket.work, isUnsaved: true)
        // A start that is given up is over when its VMM is.
        world.push(.workEnds(node: node.index, life: life, instance: id, ticket: number), after: .milliseconds(ticket.process == nil ? 1 : 60))
    }

    func workEnds(_ id: InstanceID, ticket number: Int) {
        guard var ticket = tickets[id], ticket.number == number, let record = machines[id]?.record else { return }
        if let process = ticket.process { return giveUp(process, ticket, for: id) }
        let skips = ticket.work == .undo && world.planted == .undoSkipped
        if !skips, ticket.isUnsaved || node.fails(ticket.work) { return failed(ticket.work, for: id) }
        switch ticket.work {
        case .startVMM:
            // An instance has one cage.
            guard !node.isCaged(id), let vmm = node.spawn(id, isFenced: record.desired.fenced) else { return failed(.startVMM, for: id) }
            ticket.process = vmm.process
            tickets[id] = ticket
            world.note("\(node.label): VMM \(vmm.process.pid) of \(world.name(id)) starts")
            world.push(.vmmAnswers(node: node.index, boot: node.boot, pid: vmm.process.pid), after: .milliseconds(20 + node.chance.below(3000)))
            world.push(.workEnds(node: node.index, life: life, instance: id, ticket: number), after: .seconds(30))
            return
        case .fetchImage, .makeSeed, .arrangeDisks: break
        // No intent of the simulator migrates anything.
        case .receive, .send, .resume: break
        case .makeDisk: node.disk[id]?.hasDisk = true
        case .undo: if !skips { node.disk[id]?.hasDisk = false }
        case .removeFiles:
            if node.isCaged(id) { return failed(.removeFiles, for: id) }
            node.disk[id] = nil
            node.forgetGeneration(of: id)
        }
        tickets[id] = nil
        guard crossesBoundary() else { return }
        handle(.finished(ticket.work), for: id)
    }

    private func failed(_ work: InstanceWork, for id: InstanceID) {
        tickets[id] = nil
        handle(.failed(work, reason: "as planned", lasting: false), for: id)
    }

    /// It never answered.
    private func giveUp(_ process: VMMProcess, _ ticket: Ticket, for id: InstanceID) {
        node.kill(process, of: id)
        failed(ticket.work, for: id)
    }

    func vmmAnswers(_ vmm: SimulatedVMM) {
        guard let ticket = tickets[vmm.instance], ticket.process == vmm.process else { return }
        tickets[vmm.instance] = nil
        handle(.started(vmm.process, address: nil, spawned: node.reading.duration), for: vmm.instance)
    }

    /// A VMM that ended before it answered has failed its start.
    func endSeen(_ id: InstanceID, _ process: VMMProcess, _ exit: VMMExit) {
        if let ticket = tickets[id], ticket.process == process { return failed(.startVMM, for: id) }
        handle(.ended(process, exit), for: id)
    }

    func askAgain(_ id: InstanceID, pid: Int32) {
        guard let process = machines[id]?.vmm, process.pid == pid, let vmm = node.processes[pid], vmm.process == process else { return }
        if node.judge(process, of: id) == .adopt { return handle(.adopted(process), for: id) }
        world.push(.doubtAskedAgain(node: node.index, life: life, instance: id, pid: pid), after: .seconds(2))
    }
}
