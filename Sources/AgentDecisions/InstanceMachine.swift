import ClusterModel

/// One instance on its node: takes what happens and the time, and answers what is to be done. Moments are of one clock that never goes back.
package struct InstanceMachine: Sendable {
    package let id: InstanceID
    /// Nil for an instance of which nothing is kept here.
    package internal(set) var record: InstanceRecord?
    let timing: InstanceTiming
    var phase = InstancePhase.absent
    var busy: InstanceWork?
    private var isAbandoned = false
    private var attempts = 0
    /// Nothing new is begun before.
    private var waitUntil: Duration?
    var reason: String?
    var migration = MigrationPart()
    var address: String?
    private(set) var marks = LaunchMarks()
    /// A deletion of something that is not here: the answer is owed all the same.
    private(set) var deletion: DesiredInstance?
    var isWanted = true
    var doubt: String?
    private var isHeldByShutdown = false
    /// Its machine may have been off, and it may run elsewhere since: nothing is started before the controller has spoken of it.
    var awaitsWord = false
    /// A launch has failed for good, and what it made is still there.
    var owesUndo = false
    /// Of the controller's term in which `record.desired` was last said, which may be later than the one it is on disk with.
    var epoch = Epoch(0)
    /// What the node's lease allowed when it was last asked; of meaning for a fenced instance alone.
    private var mayRun = false
    private(set) var mayStart = false
    var disks = DiskKeeping()

    package init(id: InstanceID, timing: InstanceTiming = InstanceTiming()) {
        self.id = id
        self.timing = timing
    }

    package mutating func handle(_ event: InstanceEvent, at now: Duration, lease: LeaseStanding = .none) -> [InstanceEffect] {
        var effects: [InstanceEffect] = []
        look(at: lease, now)
        switch event {
        case .desired(let desired, let epoch): accept(desired, epoch, now, &effects)
        case .notWanted: isWanted = false
        case .finished(let work): finish(work, now, &effects)
        case .arranged(let report): arranged(report, now, &effects)
        case .failed(let work, let reason, let lasting): fail(work, reason, lasting: lasting, now, &effects)
        case .started(let vmm, let address, let spawned): start(vmm, address, spawned: spawned, now, &effects)
        case .adopted(let vmm): if phase.vmm == vmm { doubt = nil }
        case .migration(let report): take(report)
        case .ended(let vmm, let exit): end(vmm, exit, now, &effects)
        case .shutDownWithNode(let vmm): if phase.vmm == vmm { hold("its node is shutting down") }
        case .tick: break
        }
        advance(now, &effects)
        return effects
    }

    mutating func look(at lease: LeaseStanding, _ now: Duration) {
        mayRun = lease.mayRun(at: now)
        mayStart = lease.mayStart(at: now)
    }

    /// It runs under the node's lease, or would: it wants a tick when the lease begins and when it is over.
    package var isFenced: Bool { record?.desired.fenced ?? false }

    /// When it wants the next tick.
    package var wakeAt: Duration? {
        if wanted == .unknown { return nil }
        if case .stopping(_, let hardAt, let urgeAt) = phase { return min(hardAt, urgeAt) }
        return waitUntil ?? disks.waitUntil
    }

    /// Nothing of it is here and nobody speaks of it.
    package var isForgettable: Bool { phase == .absent && record == nil && busy == nil && (deletion == nil || !isWanted) }

    package var vmm: VMMProcess? { phase.vmm }

    var wanted: Wanted {
        // Without its lease it ends, whatever anybody wants of it and whoever it answers for: the process is the record's.
        if isFenced, !mayRun, phase.vmm != nil { return .withheld }
        guard isWanted, doubt == nil else { return .unknown }
        guard let record else { return deletion == nil ? .unknown : .deleted }
        switch record.desired.desired {
        case .deleted: return .deleted
        case .stopped: return .stopped
        case .running:
            if record.poweredItselfOff || isHeldByShutdown { return .stopped }
            if awaitsWord || isFenced && !mayStart, phase.vmm == nil { return .withheld }
            return record.desired.reboots > record.reboots ? .rebooted : .running
        }
    }
}

// MARK: - What is to be done

extension InstanceMachine {
    mutating func advance(_ now: Duration, _ effects: inout [InstanceEffect]) {
        if let waitUntil {
            guard now >= waitUntil else { return }
            self.waitUntil = nil
        }
        if advanceMigration(now, &effects) { return }
        switch nextStep(desired: wanted, observed: phase.local) {
        case .nothing: if owesUndo, phase == .failed { begin(.undo, &effects) } else { arrangeDisks(now, &effects) }
        case .launch: launch(now, &effects)
        case .prepare: prepare(now, &effects)
        case .powerDown: powerDown(within: record?.desired.stopTimeout ?? .zero, now, &effects)
        case .kill: powerDown(within: .zero, now, &effects)
        case .awaitEnd: urge(now, &effects)
        case .removeFiles: begin(.removeFiles, &effects)
        case .settle:
            guard busy == nil else { return abandon(&effects) }
            guard !owesUndo else { return begin(.undo, &effects) }
            phase = .halted
            reason = nil
        case .quarantine: if busy != nil { abandon(&effects) }
        }
    }

    mutating func launch(_ now: Duration, _ effects: inout [InstanceEffect]) {
        guard busy == nil else { return }
        if case .launching(let step) = phase { return begin(step, &effects) }
        phase = .launching(.fetchImage)
        owesUndo = false
        marks = LaunchMarks(began: now)
        begin(.fetchImage, &effects)
    }

    /// Up to the VMM's start, and a start that is under way is cut short.
    private mutating func prepare(_ now: Duration, _ effects: inout [InstanceEffect]) {
        guard case .launching(.startVMM) = phase else { return launch(now, &effects) }
        reason = awaitsWord ? "waits for the controller, since its node has started anew" : "waits for its node's lease"
        abandon(&effects)
    }

    mutating func begin(_ work: InstanceWork, _ effects: inout [InstanceEffect]) {
        guard busy == nil else {
            if busy != work { abandon(&effects) }
            return
        }
        busy = work
        if work == .arrangeDisks { disks.begun = record?.desired.generation ?? 0 }
        effects.append(.begin(work))
    }

    mutating func abandon(_ effects: inout [InstanceEffect]) {
        guard let busy, !isAbandoned, busy != .undo, busy != .removeFiles else { return }
        isAbandoned = true
        effects.append(.abandon(busy))
    }

    private mutating func powerDown(within timeout: Milliseconds, _ now: Duration, _ effects: inout [InstanceEffect]) {
        let hardAt = now + max(.zero, timeout.duration)
        switch phase {
        case .running(let vmm, _): phase = .stopping(vmm, hardAt: hardAt, urgeAt: now)
        case .stopping(let vmm, let before, let urgeAt) where hardAt < before: phase = .stopping(vmm, hardAt: hardAt, urgeAt: min(urgeAt, hardAt))
        default: break
        }
        urge(now, &effects)
    }

    /// ACPI until the time is over, the signal from then on, each again and again until the VMM is gone.
    private mutating func urge(_ now: Duration, _ effects: inout [InstanceEffect]) {
        guard case .stopping(let vmm, let hardAt, let urgeAt) = phase, now >= min(hardAt, urgeAt) else { return }
        let isOver = now >= hardAt
        effects.append(isOver ? .kill(vmm) : .powerDown(vmm))
        if isOver, wanted == .withheld {
            reason = "its node's lease is over"
        } else if isOver, wanted != .deleted {
            reason = "the guest did not shut down in time and was ended hard"
        }
        let next = now + timing.urge
        phase = .stopping(vmm, hardAt: isOver ? next : hardAt, urgeAt: next)
    }
}

// MARK: - What happened

extension InstanceMachine {
    private mutating func accept(_ desired: DesiredInstance, _ epoch: Epoch, _ now: Duration, _ effects: inout [InstanceEffect]) {
        let isOperatorsWord = wanted == .unknown && (desired.adopt || desired.desired == .deleted)
        if let record {
            guard epoch > self.epoch || epoch == self.epoch && desired.generation >= record.desired.generation else { return }
            awaitsWord = false
            let isLaterTerm = epoch > self.epoch
            self.epoch = epoch
            // A later term may speak of another history under the same number, or under a lower one: its ledger was put back from a copy.
            let isNewer = isLaterTerm ? !desired.isSame(as: record.desired) : desired.generation > record.desired.generation
            guard isNewer || isOperatorsWord else {
                // The same spec again; it only shows that the instance is wanted after all.
                isWanted = true
                return
            }
        } else if phase.vmm != nil, !isOperatorsWord {
            return
        }
        awaitsWord = false
        isWanted = true
        if isOperatorsWord { doubt = nil }
        guard record != nil || phase != .absent || desired.desired != .deleted else {
            deletion = desired
            return
        }
        self.epoch = epoch
        let isOfDisksAlone = record.map { desired.differsInDisksAlone(from: $0.desired) } ?? false
        keep(desired, &effects)
        disks.begin()
        guard !isOfDisksAlone else { return }
        waitUntil = nil
        attempts = 0
        reason = nil
        isHeldByShutdown = false
        if phase == .failed || phase == .absent { phase = .halted }
        if case .stopping(let vmm, let hardAt, _) = phase {
            phase = .stopping(vmm, hardAt: min(hardAt, now + max(.zero, desired.stopTimeout.duration)), urgeAt: now)
        }
        if case .launching = phase { marks = LaunchMarks(began: now) }
    }

    private mutating func keep(_ desired: DesiredInstance, _ effects: inout [InstanceEffect]) {
        var kept = record ?? InstanceRecord(desired: desired)
        var desired = desired
        // The controller of an adopted VM never knew what it was made from.
        if desired.adopt {
            desired.image = kept.desired.image
            desired.storage = desired.storage ?? kept.desired.storage
        }
        kept.take(desired, epoch: epoch)
        // What is here without a record may have been written by a guest, and what it receives was.
        if phase.vmm != nil || (record == nil && phase == .halted) || desired.migration?.part == .receive { kept.hasRun = true }
        deletion = nil
        save(kept, &effects)
    }

    mutating func save(_ changed: InstanceRecord, _ effects: inout [InstanceEffect]) {
        record = changed
        effects.append(.save(changed))
    }

    private mutating func finish(_ work: InstanceWork, _ now: Duration, _ effects: inout [InstanceEffect]) {
        guard busy == work else { return }
        endWork()
        marks.pass(work, at: now)
        switch work {
        case .fetchImage: proceed(to: .makeDisk)
        case .makeDisk: proceed(to: record?.desired.storage == nil ? .makeSeed : .arrangeDisks)
        case .makeSeed: proceed(to: .startVMM)
        case .startVMM, .arrangeDisks, .receive, .send: break
        case .resume: migration = MigrationPart()
        case .undo: owesUndo = false
        case .removeFiles: forget(&effects)
        }
    }

    mutating func endWork() {
        busy = nil
        isAbandoned = false
    }

    private mutating func forget(_ effects: inout [InstanceEffect]) {
        reason = nil
        if let record, record.desired.desired != .deleted {
            // It was asked for again meanwhile, and its new record has gone with the rest.
            phase = .halted
            return save(InstanceRecord(desired: record.desired, epoch: record.epoch), &effects)
        }
        deletion = record?.desired
        record = nil
        phase = .absent
    }

    mutating func proceed(to step: InstanceWork) {
        if case .launching = phase { phase = .launching(step) }
    }

    private mutating func fail(_ work: InstanceWork, _ why: String, lasting: Bool, _ now: Duration, _ effects: inout [InstanceEffect]) {
        guard busy == work else { return }
        busy = nil
        let wasAbandoned = isAbandoned
        isAbandoned = false
        // A cage that finds the lease over starts nothing, and that is no failure.
        guard !wasAbandoned, work != .startVMM || wanted != .withheld else { return }
        if work == .arrangeDisks, phase != .launching(.arrangeDisks) { return failedToArrange(why, lasting: lasting, now) }
        failLaunch(work, why, lasting: lasting, now, &effects)
    }

    mutating func failLaunch(
        _ work: InstanceWork, _ why: String, lasting: Bool = false, _ now: Duration, _ effects: inout [InstanceEffect]
    ) {
        let sentence = "\(work.words) failed: \(why)"
        if [.send, .receive, .resume].contains(work) { return failMigration(work, sentence, now) }
        attempts += 1
        if work == .removeFiles {
            waitUntil = now + (timing.retry.delay(before: attempts) ?? timing.retry.maximum)
            reason = sentence
        } else if work == .undo {
            waitUntil = now + (timing.retry.delay(before: attempts) ?? timing.retry.maximum)
        } else {
            guard !lasting, let delay = timing.retry.delay(before: attempts) else { return giveUp(sentence, &effects) }
            waitUntil = now + delay
            reason = "\(sentence) (attempt \(attempts) of \(timing.retry.limit + 1))"
        }
    }

    /// What a launch has made is taken away again; what a guest has written never is.
    private mutating func giveUp(_ sentence: String, _ effects: inout [InstanceEffect]) {
        phase = .failed
        reason = sentence
        guard var record else { return }
        record.failure = sentence
        save(record, &effects)
        owesUndo = !record.hasRun
    }

    private mutating func start(
        _ vmm: VMMProcess, _ address: String?, spawned: Duration, _ now: Duration, _ effects: inout [InstanceEffect]
    ) {
        guard busy == .startVMM else { return }
        endWork()
        attempts = 0
        reason = nil
        self.address = address
        marks.pass(.startVMM, at: spawned)
        phase = .running(vmm, since: now)
        guard var record, !record.hasRun || record.reboots != record.desired.reboots else { return }
        record.hasRun = true
        record.reboots = record.desired.reboots
        save(record, &effects)
    }

    mutating func end(_ vmm: VMMProcess, _ exit: VMMExit, _ now: Duration, _ effects: inout [InstanceEffect]) {
        guard phase.vmm == vmm else { return }
        let wantedThen = wanted
        let wasTold = phase.local == .stopping
        let ranFor = if case .running(_, let since) = phase { now - since } else { Duration.zero }
        phase = .halted
        disks.begin()
        guard var record, !endInMigration(exit) else { return }
        switch wantedThen {
        case .withheld where exit.isClean && !wasTold && record.desired.desired == .running: powerOff(record, &effects)
        case .withheld: reason = "its node's lease is over"
        case .running where exit == .leaseOver, .rebooted where exit == .leaseOver: reason = "its node's lease was over"
        case .rebooted:
            record.reboots = record.desired.reboots
            save(record, &effects)
        case .running where wasTold: break
        case .running where exit.isClean: powerOff(record, &effects)
        case .running: restart(record, after: exit, ranFor: ranFor, now, &effects)
        case .stopped, .deleted, .unknown: break
        }
    }

    private mutating func powerOff(_ record: InstanceRecord, _ effects: inout [InstanceEffect]) {
        var record = record
        record.poweredItselfOff = true
        reason = "the guest powered itself off"
        save(record, &effects)
    }

    private mutating func restart(
        _ record: InstanceRecord, after exit: VMMExit, ranFor: Duration, _ now: Duration, _ effects: inout [InstanceEffect]
    ) {
        var record = record
        guard record.desired.restart == .onFailure else { return giveUp("its VMM \(exit.words), and its policy is to restart never", &effects) }
        if ranFor >= timing.stableAfter { record.streak = 0 }
        guard let delay = timing.restart.delay(before: record.streak + 1) else {
            return giveUp("its VMM \(exit.words) again after \(record.streak) restarts in a row", &effects)
        }
        record.streak += 1
        record.restarts += 1
        save(record, &effects)
        phase = .launching(.fetchImage)
        waitUntil = now + delay
        marks = LaunchMarks(began: now + delay)
        reason = "its VMM \(exit.words); restart \(record.streak) of \(timing.restart.limit)"
    }

    mutating func hold(_ why: String) {
        phase = .halted
        reason = why
        isHeldByShutdown = true
    }
}
