import AgentDecisions
import CageDecisions
import ClusterModel

/// One life of an agent: the real values that decide, and what its shell does around them. Moments are of its machine's clock since boot.
final class AgentProcess {
    unowned let node: SimulatedNode
    let world: World
    let life: Int
    private(set) var conversation: SyncConversation
    var machines: [InstanceID: InstanceMachine] = [:]
    private var shown: [InstanceID: ObservedInstance] = [:]
    private var changed: Set<InstanceID> = []
    var tickets: [InstanceID: Ticket] = [:]
    var lease: LeaseStanding
    /// Effects that are still carried out before it is killed.
    var crashAfter: Int?
    private var alarm: Moment?
    /// When each machine wants its next tick.
    private var wakes: [InstanceID: Duration] = [:]

    private var talk = Talk.pausing(turn: 0)
    private var failures = 0
    /// The revision of the latest answer.
    private var heard: Int64 = 0
    private var questions = 0

    /// Work that is under way.
    struct Ticket {
        var number: Int
        var work: InstanceWork
        var isUnsaved: Bool
        /// Of a VMM that runs and has not answered yet.
        var process: VMMProcess?
    }

    private enum Talk {
        case pausing(turn: Int)
        case waiting(SentSync, exchange: Int)
    }

    private static let patience = Span.seconds(10)
    private static let gathering = Span.milliseconds(20)
    private static let questionsAtOnce = 3

    init(node: SimulatedNode, life: Int) {
        self.node = node
        world = node.world
        self.life = life
        let record = LeaseRecord(node.leaseFile).flatMap { $0.boot == node.bootID ? $0 : nil }
        let kept = record.map { Duration.nanoseconds(Int64(clamping: $0.deadline)) }
        let nodeLease = NodeLease(kept: kept)
        lease = nodeLease.standing(at: node.reading.duration)
        conversation = SyncConversation(
            bootID: node.bootName, session: "\(node.index)-\(life)", highestEpoch: node.disk.epoch, lease: nodeLease)
    }

    var now: Duration { node.reading.duration }
    /// It may be killed by what it does; nothing more is done then.
    var isAlive: Bool { node.agent === self }

    func start() {
        world.invariants.begins(node.disk.epoch, on: node)
        world.invariants.begins(node.disk, on: node)
        for id in node.disk.instances {
            guard let found = node.find(id, by: self) else { continue }
            var machine = InstanceMachine(id: id)
            let effects = machine.takeUp(found, address: nil, at: now, lease: lease)
            machines[id] = machine
            wakes[id] = machine.wakeAt
            carryOut(effects, for: id)
            guard isAlive else { return }
        }
        sync()
    }

    // MARK: The conversation

    func sync(turn: Int) {
        guard case .pausing(turn) = talk else { return }
        sync()
    }

    private func sync() {
        for id in changed.sorted() { conversation.noteChange(of: id) }
        changed = []
        let everything = conversation.hasSomethingToSay ? machines.keys.sorted().compactMap { machines[$0]?.observed } : []
        let sent = conversation.send(registration: node.registration, observed: everything, at: now)
        node.turns += 1
        talk = .waiting(sent, exchange: node.turns)
        var request = sent.request
        if world.planted == .deltasAfterLapse, request.seen == 0, !request.full { request.seen = heard }
        world.send(request, from: node, exchange: node.turns)
        let limit = Span(sent.request.hold) + Self.patience
        world.push(
            .exchangeOver(node: node.index, life: life, exchange: node.turns), at: node.clock.moment(after: limit, from: world.now))
    }

    private func pause(for span: Span) {
        node.turns += 1
        talk = .pausing(turn: node.turns)
        world.push(.agentSyncs(node: node.index, life: life, turn: node.turns), at: node.clock.moment(after: span, from: world.now))
    }

    /// Something is to be said: a held sync is given up, and a pause is over.
    private func signal() {
        switch talk {
        case .pausing: if failures == 0 { pause(for: Self.gathering) }
        case .waiting(let sent, _): if sent.request.hold > .zero { pause(for: Self.gathering) }
        }
    }

    func exchangeOver(_ exchange: Int) {
        guard case .waiting(_, exchange) = talk else { return }
        fail()
    }

    private func fail() {
        failures += 1
        pause(for: Span(ReconnectDelay.draw(after: failures, interval: conversation.interval, using: &node.chance)))
    }

    func take(_ answer: SyncAnswer?, exchange: Int) {
        guard case .waiting(let sent, exchange) = talk else {
            if world.planted == .generationUnchecked, let answer { applyUnchecked(answer) }
            return
        }
        guard var answer else { return fail() }
        let epoch = answer.epoch
        if world.planted == .epochUnchecked { answer.epoch = max(answer.epoch, conversation.highestEpoch) }
        let news: SyncConversation.News
        do { news = try conversation.accept(answer, to: sent, at: now) } catch { return fail() }
        failures = 0
        if let newer = news.newEpoch {
            guard crossesBoundary() else { return }
            guard node.disk.full == 0 else {
                conversation.couldNotKeep()
                return fail()
            }
            node.disk.keep(newer, synced: world.planted != .epochNotSynced)
            conversation.epochIsKept(newer)
        }
        world.invariants.obeyed(epoch, by: node)
        acknowledge(news.acknowledged)
        if answer.full || !answer.desired.isEmpty { apply(answer.desired, full: answer.full, epoch: answer.epoch) }
        guard isAlive else { return }
        enforce(standing(answer, news, sent), sent, isFull: answer.full)
        guard isAlive else { return }
        questions = news.asksAtOnce ? questions + 1 : 0
        // A controller that is never content is not asked in a circle.
        guard questions <= Self.questionsAtOnce, !news.repeats else { return pause(for: Span(conversation.interval)) }
        let isEmpty = answer.desired.isEmpty && !answer.full && !answer.needsFull
        let rest = Span(sent.sentAt) + Span(sent.request.hold) - node.reading
        guard sent.request.hold > .zero, isEmpty, rest > .zero, changed.isEmpty else { return sync() }
        pause(for: rest)
    }

    private func acknowledge(_ instances: [InstanceID]) {
        for id in instances where !changed.contains(id) && machines[id]?.isGone ?? true { forget(id) }
    }

    private func apply(_ desired: [DesiredInstance], full: Bool, epoch: Epoch) {
        for instance in desired {
            handle(.desired(instance, epoch: epoch), for: instance.id)
            guard isAlive else { return }
        }
        guard full else { return }
        let wanted = Set(desired.map(\.id))
        for id in machines.keys.sorted() where !wanted.contains(id) {
            handle(.notWanted, for: id)
            guard isAlive else { return }
        }
    }

    /// The planted fault: what comes late is taken too, as if it were the newest.
    private func applyUnchecked(_ answer: SyncAnswer) {
        for instance in answer.desired {
            guard let known = machines[instance.id]?.record?.desired, known.generation > instance.generation else { continue }
            var instance = instance
            world.invariants.obeyed(generation: instance.generation, of: instance.id, by: node)
            instance.generation = known.generation + 1
            handle(.desired(instance, epoch: conversation.highestEpoch), for: instance.id)
            guard isAlive else { return }
        }
    }

    /// Writes the deadline down for cages and guard, and lets the fenced ones know.
    private func standing(_ answer: SyncAnswer, _ news: SyncConversation.News, _ sent: SentSync) -> LeaseStanding {
        heard = answer.revision
        guard world.planted == .deltasAfterLapse, news.refusedGrant == .needsFullSet, let grant = answer.lease else { return news.lease }
        return .held(until: sent.sentAt + grant.length.duration)
    }

    private func enforce(_ standing: LeaseStanding, _ sent: SentSync, isFull: Bool) {
        if standing.mayStart(at: now), !lease.mayStart(at: now), !isFull {
            world.invariants.broken(.fullAfterLapse, "\(node.label) has its lease back with a part of what is wanted there")
        }
        let begins = standing.mayStart(at: now) && !lease.mayStart(at: now)
        lease = standing
        guard case .held(var until) = standing else { return }
        if world.planted == .leaseFromReceipt {
            until += now - sent.sentAt
            lease = .held(until: until)
        }
        node.leaseSequence += 1
        node.leaseFile =
            LeaseRecord(boot: node.bootID, deadline: UInt64(max(0, Span(until).nanoseconds)), sequence: node.leaseSequence).bytes
        if begins { tickFenced() }
        if isAlive { setAlarm() }
    }

    private func tickFenced() {
        for id in machines.keys.sorted() where machines[id]?.isFenced == true {
            handle(.tick, for: id)
            guard isAlive else { return }
        }
    }

    // MARK: Instances

    func handle(_ event: InstanceEvent, for id: InstanceID) {
        var machine = machines[id] ?? InstanceMachine(id: id)
        machines[id] = nil
        let effects = machine.handle(event, at: now, lease: lease)
        machines[id] = machine
        wakes[id] = machine.wakeAt
        carryOut(effects, for: id)
        guard isAlive else { return }
        if case .notWanted = event, machines[id]?.isForgettable == true { forget(id) }
    }

    private func forget(_ id: InstanceID) {
        machines[id] = nil
        wakes[id] = nil
        shown[id] = nil
    }

    private func carryOut(_ effects: [InstanceEffect], for id: InstanceID) {
        noteChange(of: id)
        var isUnsaved = false
        for effect in effects {
            guard crossesBoundary() else { return }
            switch effect {
            case .save(let record): isUnsaved = !node.save(record)
            case .begin(let work): begin(work, for: id, isUnsaved: isUnsaved)
            case .abandon: abandonWork(of: id)
            case .powerDown(let process): node.powerDown(process)
            case .kill(let process): node.kill(process, of: id)
            }
        }
        setAlarm()
    }

    /// False when the agent has been killed here.
    func crossesBoundary() -> Bool {
        guard isAlive else { return false }
        guard let left = crashAfter else { return true }
        guard left > 0 else {
            node.killAgent("killed at an effect")
            return false
        }
        crashAfter = left - 1
        return true
    }

    private func noteChange(of id: InstanceID) {
        guard let observed = machines[id]?.observed, observed != shown[id] else { return }
        if world.isTracing, shown[id]?.state != observed.state {
            world.note("\(node.label): \(world.name(id)) generation \(observed.generation) \(observed.state.rawValue) \(observed.reason ?? "")")
        }
        shown[id] = observed
        changed.insert(id)
        signal()
    }

    // MARK: Ticks

    private func setAlarm() {
        var next = wakes.values.min()
        if let until = lease.until { next = min(next ?? until, until) }
        guard let next else { return }
        let due = max(node.clock.moment(of: Span(next)), world.now)
        // One that rings too early looks and is set again.
        guard alarm.map({ due < $0 }) ?? true else { return }
        alarm = due
        world.push(.agentTicks(node: node.index, life: life), at: due)
    }

    func ring() {
        guard alarm.map({ $0 <= world.now }) ?? false else { return }
        alarm = nil
        let moment = now
        if let until = lease.until, moment >= until {
            lease = .none
            world.note("\(node.label): the lease is over")
            tickFenced()
            guard isAlive else { return }
        }
        for id in machines.keys.sorted() {
            guard let wakeAt = machines[id]?.wakeAt, wakeAt <= moment else { continue }
            handle(.tick, for: id)
            guard isAlive else { return }
        }
        setAlarm()
    }
}
