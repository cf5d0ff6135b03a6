import ClusterModel

/// What the next agent finds.
extension InstanceMachine {
    /// Goes on where another agent was. Call once, before any event.
    package mutating func takeUp(_ found: FoundInstance, address: String?, at now: Duration, lease: LeaseStanding = .none) -> [InstanceEffect] {
        var effects: [InstanceEffect] = []
        look(at: lease, now)
        record = found.record
        epoch = found.record?.epoch ?? Epoch(0)
        self.address = address
        if found.vmm != .never { record?.hasRun = true }
        migration.isHeld = found.mayHaveLeft
        awaitsWord = found.vmm == .never || found.vmm == .endedWithMachine
        phase = .halted
        reason = found.record?.failure
        switch found.vmm {
        case .never: if found.record?.desired.desired == .running { phase = .launching(.fetchImage) }
        case .running(let vmm): phase = .running(vmm, since: now)
        case .doubtful(let vmm, let why):
            phase = .running(vmm, since: now)
            doubt = why
        case .ended(let exit):
            let past = VMMProcess(pid: 0, startTime: 0, bootID: "")
            phase = .running(past, since: now)
            end(past, exit, now, &effects)
        case .endedWithMachine: break
        case .shutDownWithNode: hold("its node was shut down and is up again")
        }
        if found.record?.failure != nil, phase.vmm == nil {
            phase = .failed
            // Whether it was done, nobody has written down.
            owesUndo = record?.hasRun == false
        }
        if record?.poweredItselfOff == true { reason = "the guest powered itself off" }
        // Files without a record may be of what the controller is about to speak of: until it has said what it wants, nobody is asked about them.
        isWanted = record != nil || found.vmm == .never
        advance(now, &effects)
        return effects
    }
}
