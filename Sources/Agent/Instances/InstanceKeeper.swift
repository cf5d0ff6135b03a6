import AgentDecisions
import ClusterModel
import Logging

/// Keeps the instances of one node as they are wanted: gives each machine its events and does what it answers.
package actor InstanceKeeper {
    private let vmm: any VMM
    private let logger: Logger
    private let timing: InstanceTiming
    private var machines: [InstanceID: InstanceMachine] = [:]
    private var work: [InstanceID: Task<Void, Never>] = [:]
    private var shown: [InstanceID: ObservedInstance] = [:]
    private var changed: Set<InstanceID> = []
    /// The moments that machines wait for, of the few that wait: the alarm is set after every event.
    private var waits: [InstanceID: Duration] = [:]
    private var fenced: Set<InstanceID> = []
    private var alarm: (at: Duration, task: Task<Void, Never>)?
    private var lease: LeaseStanding
    private var isLapseTold = false
    /// Raised when `takeChanges` has something to give.
    package nonisolated let signal: ChangeSignal

    /// - Parameter lease: what an earlier agent of this boot was granted.
    package init(
        vmm: any VMM, logger: Logger, timing: InstanceTiming = InstanceTiming(), lease: LeaseStanding = .none, signal: ChangeSignal = ChangeSignal()
    ) {
        self.lease = lease
        self.signal = signal
        self.vmm = vmm
        self.logger = logger
        self.timing = timing
    }

    /// Takes up what another agent has left; before anything else.
    package func takeUp() async throws(WorkFailure) {
        for found in try await vmm.inventory() {
            var machine = InstanceMachine(id: found.id, timing: timing)
            let effects = machine.takeUp(found, address: vmm.address(of: found.id), at: now, lease: lease)
            machines[found.id] = machine
            logger.info("instance taken up", metadata: ["instance": "\(found.id)", "state": "\(machine.observed.state.rawValue)"])
            carryOut(effects, for: found.id)
        }
    }

    /// Follows the news of VMMs until the task is cancelled.
    package func follow() async {
        for await news in vmm.news {
            switch news.what {
            case .ended(let exit): handle(.ended(news.process, exit), for: news.instance)
            case .shutDownWithNode: handle(.shutDownWithNode(news.process), for: news.instance)
            case .adopted: handle(.adopted(news.process), for: news.instance)
            }
        }
    }

    /// As the controller of a term wants it. `full`: what is not among them is not wanted here.
    package func apply(_ desired: [DesiredInstance], full: Bool, epoch: Epoch = Epoch(0)) {
        for instance in desired { handle(.desired(instance, epoch: epoch), for: instance.id) }
        guard full else { return }
        let wanted = Set(desired.map(\.id))
        for id in machines.keys.sorted() where !wanted.contains(id) { handle(.notWanted, for: id) }
    }

    /// The node's lease from here on.
    package func hold(_ lease: LeaseStanding) {
        let moment = now
        let begins = lease.mayStart(at: moment) && !self.lease.mayStart(at: moment)
        self.lease = lease
        isLapseTold = false
        if begins { tellFenced() }
        setAlarm()
    }

    private func tellFenced() {
        for id in fenced.sorted() { handle(.tick, for: id) }
    }

    package func everything() -> [ObservedInstance] { machines.keys.sorted().compactMap { machines[$0]?.observed } }

    /// Ids of what changed since the last call.
    package func takeChanges() -> [InstanceID] {
        defer { changed = [] }
        return changed.sorted()
    }

    /// The controller knows how it is with these: what is absent need not be remembered any more.
    package func acknowledge(_ instances: [InstanceID]) {
        for id in instances where !changed.contains(id) && machines[id]?.isGone ?? true { forget(id) }
    }

    package func instance(_ id: InstanceID) -> ObservedInstance? { machines[id]?.observed }

    private var now: Duration { BootClock.now }

    private func handle(_ event: InstanceEvent, for id: InstanceID) {
        var machine = machines[id] ?? InstanceMachine(id: id, timing: timing)
        let effects = machine.handle(event, at: now, lease: lease)
        machines[id] = machine
        carryOut(effects, for: id)
        if machines[id]?.isForgettable == true, case .notWanted = event { forget(id) }
    }

    private func forget(_ id: InstanceID) {
        machines[id] = nil
        shown[id] = nil
        waits[id] = nil
        fenced.remove(id)
    }

    private func carryOut(_ effects: [InstanceEffect], for id: InstanceID) {
        noteChange(of: id)
        waits[id] = machines[id]?.wakeAt
        if machines[id]?.isFenced == true { fenced.insert(id) } else { fenced.remove(id) }
        var unsaved: WorkFailure?
        for effect in effects {
            switch effect {
            case .save(let record):
                do { try vmm.save(record) } catch {
                    unsaved = error
                    logger.error("record not kept", metadata: ["instance": "\(id)", "why": "\(error)"])
                }
            case .begin(let work): begin(work, for: id, unlessUnsaved: unsaved)
            case .abandon: work[id]?.cancel()
            case .powerDown(let process): vmm.powerDown(process, of: id)
            case .kill(let process): vmm.kill(process, of: id)
            }
        }
        setAlarm()
    }

    private func noteChange(of id: InstanceID) {
        guard let observed = machines[id]?.observed, observed != shown[id] else { return }
        if shown[id]?.state != observed.state {
            logger.info(
                "instance \(observed.state.rawValue)",
                metadata: [
                    "instance": "\(id)", "name": "\(observed.name)", "generation": "\(observed.generation)", "why": "\(observed.reason ?? "")",
                ])
        }
        shown[id] = observed
        changed.insert(id)
        signal.raise()
    }

    private func begin(_ step: InstanceWork, for id: InstanceID, unlessUnsaved unsaved: WorkFailure?) {
        guard let record = machines[id]?.record else { return }
        let vmm = vmm
        let logger = logger
        let process = machines[id]?.vmm
        work[id] = Task {
            let event: InstanceEvent
            do throws(WorkFailure) {
                if let unsaved { throw unsaved }
                event = try await Self.perform(step, record, process, vmm) { report in await self.tell(report, of: id) }
            } catch {
                logger.warning("\(step.words) failed", metadata: ["instance": "\(id)", "why": "\(error)"])
                event = .failed(step, reason: error.description, lasting: error.isLasting)
            }
            handle(event, for: id)
        }
    }

    private func tell(_ report: MigrationReport, of id: InstanceID) { handle(.migration(report), for: id) }

    private static func perform(
        _ step: InstanceWork, _ record: InstanceRecord, _ process: VMMProcess?, _ vmm: any VMM,
        tell: @escaping @Sendable (MigrationReport) async -> Void
    ) async throws(WorkFailure) -> InstanceEvent {
        switch step {
        case .startVMM: break
        case .arrangeDisks: return .arranged(try await vmm.arrangeDisks(of: record, in: process))
        case .receive: try await vmm.receive(record, tell: tell)
        case .send: try await vmm.send(record, tell: tell)
        case .resume: try await vmm.resume(record)
        case .fetchImage, .makeDisk, .makeSeed, .undo, .removeFiles: try await vmm.perform(step, for: record)
        }
        guard step == .startVMM else { return .finished(step) }
        let started = try await vmm.start(record)
        return .started(
            started.process, address: vmm.address(of: record.desired.id), spawned: BootClock.now - (ContinuousClock.now - started.spawned))
    }

    /// One sleeper for the earliest moment that any machine waits for, or somewhat before it: a lease that is renewed moves no alarm.
    private func setAlarm() {
        var next = waits.values.min()
        if !isLapseTold, let until = lease.until, !fenced.isEmpty { next = min(next ?? until, until) }
        if let next, let alarm, alarm.at <= next { return }
        alarm?.task.cancel()
        alarm = nil
        guard let next else { return }
        alarm = (
            next,
            Task {
                let rest = next - now
                if rest > .zero { try? await Task.sleep(for: rest, clock: .continuous) }
                guard !Task.isCancelled else { return }
                ring()
            }
        )
    }

    private func ring() {
        alarm = nil
        let moment = now
        for id in waits.keys.sorted() {
            if let wakeAt = waits[id], wakeAt <= moment { handle(.tick, for: id) }
        }
        if !isLapseTold, let until = lease.until, until <= moment {
            isLapseTold = true
            logger.warning("the node's lease is over")
            tellFenced()
        }
        setAlarm()
    }
}
