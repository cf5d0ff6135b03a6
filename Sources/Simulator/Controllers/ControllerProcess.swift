import ClusterModel
import ControllerDecisions

/// A controller: the ledger's values, and around them what its shell does, in virtual time. It stands on a machine of its own and has many lives.
final class ControllerProcess {
    enum State { case dead, opening, serving }

    /// A sync that is not answered yet.
    struct Held {
        var turn: NodeConversations.Turn
        var exchange: Int
        var unkept: String?
    }

    struct Waiting {
        var command: Command
        var key: RequestKey?
        var reply: Reply
    }

    enum Reply {
        case none
        case client(RequestKey, attempt: Int)
        case sync(node: Int, exchange: Int, NodeConversations.Turn)
        case losses([NodeID])
    }

    struct Written {
        var batch: [Waiting]
        /// Nil where the key was answered before.
        var outcomes: [Result<Answer, ErrorBody>?]
        var effects: Effects
        var before: Int64
        var begun: Span
        var isCommitted = false
    }

    unowned let world: World
    let number: Int
    let clock: MachineClock
    var chance: SeededGenerator

    private(set) var life = 0
    private(set) var state = State.dead
    var pausedUntil = Moment.zero
    /// Boundaries that are still passed before it is killed.
    var crashAfter: Int?
    /// The store is behind a partition.
    var isCutFromStore = false

    var head = SimulatedStore.Head(epoch: 0, sequence: 0)
    var ledger: ClusterState
    /// As of the last commit: what reads and syncs see.
    var view: ClusterState
    var answers: [RequestKey: ClientAnswer] = [:]
    var conversations: NodeConversations
    var held: [Held?] = []
    /// The highest desired revision of each node; nil when it must be looked up again.
    var latest: [Int64?] = []
    var queue: [Waiting] = []
    var writing: Written?
    private var ticks = 0

    init(world: World, number: Int, rate: Int64) {
        self.world = world
        self.number = number
        clock = MachineClock(rate: rate, bootedAt: .zero)
        chance = SeededGenerator(seed: world.settings.seed, stream: 100 + UInt64(number))
        ledger = ClusterState(settings: world.ledgerSettings)
        view = ledger
        conversations = Self.conversations(world, epoch: Epoch(0), nodes: [], began: .zero, campaignBegan: .zero)
    }

    private static func conversations(
        _ world: World, epoch: Epoch, nodes: [NodeID], began: Span, campaignBegan: Span
    ) -> NodeConversations {
        let length = world.planted == .oldTermGrants ? Milliseconds(seconds: 86_400) : Term.length
        let inherited = world.planted == .inheritedWaitSkipped ? Duration.zero - world.lease.wait.duration : .zero
        let book = LeaseBook(
            term: Term(epoch: epoch, campaignBegan: campaignBegan.duration, length: length), timing: world.grantedLease,
            began: began.duration + inherited, inherited: world.grantedLease.wait)
        return NodeConversations(nodes: nodes, timing: world.heartbeat, leases: book, began: began.duration + inherited)
    }

    var reading: Span { clock.reading(at: world.now) }
    var now: Duration { reading.duration }
    var epoch: Epoch { conversations.leases.term.epoch }

    /// For people only, so its jumps must change nothing.
    var wallTime: Timestamp { Timestamp(milliseconds: 1_800_000_000_000 + (world.now.nanoseconds + world.wallJump.nanoseconds) / 1_000_000) }

    // MARK: Life and death

    private static let openingTime = 400

    /// The campaign succeeds when the last proof that another machine was given has grown too old.
    func start() {
        guard state == .dead else { return }
        life += 1
        state = .opening
        crashAfter = nil
        isCutFromStore = false
        head = world.store.campaign()
        world.note("controller \(number + 1) campaigns for epoch \(head.epoch)")
        var opening = world.now + .milliseconds(10 + chance.below(Self.openingTime))
        if let proof = world.store.lastProof(besides: number) {
            // By the slowest clock that the other may have.
            opening = max(opening, proof + Span(nanoseconds: Span(Term.length).nanoseconds * 103 / 100))
        }
        world.push(.controllerOpens(controller: number, life: life), at: opening)
    }

    func die(_ why: String) {
        guard state != .dead else { return }
        world.note("controller \(number + 1) of epoch \(epoch.number) ends: \(why)")
        world.store.abandon(controller: number, life: life, &chance)
        life += 1
        state = .dead
        queue = []
        writing = nil
        crashAfter = nil
        if world.serving == number { world.push(.controllerStarts(controller: number, life: life), after: .milliseconds(500 + chance.below(4000))) }
    }

    /// True when the process has been killed at this boundary.
    func crossesBoundary() -> Bool {
        guard let left = crashAfter else { return false }
        guard left > 0 else {
            die("killed at a boundary")
            return true
        }
        crashAfter = left - 1
        return false
    }

    func open(life: Int) {
        guard life == self.life, state == .opening else { return }
        guard world.store.prove(head.epoch, by: number, at: world.now) else { return die("another has campaigned since") }
        ledger = ClusterState(settings: world.ledgerSettings)
        ledger.restore(world.store.load(), revision: head.sequence)
        view = ledger
        answers = world.store.answers
        held = Array(repeating: nil, count: world.nodes.count)
        latest = Array(repeating: nil, count: world.nodes.count)
        conversations = Self.conversations(
            world, epoch: Epoch(head.epoch), nodes: view.nodes.keys.sorted(), began: reading, campaignBegan: reading)
        queue = []
        writing = nil
        state = .serving
        world.note("controller \(number + 1) opens epoch \(epoch.number) at sequence \(head.sequence)")
        world.invariants.opened(view)
        if ledger.revision == 0 { makeFirstThings() }
        world.push(.healthTick(controller: number, life: life), after: Self.tick)
        world.push(.controllerProves(controller: number, life: life), after: .seconds(1))
    }

    private func makeFirstThings() {
        for size in ClusterState.firstSizes + (world.settings.loss?.sizes ?? []) { submit(.createSize(size), .none) }
        submit(.putImage(world.image), .none)
    }

    // MARK: The term

    func prove() {
        world.push(.controllerProves(controller: number, life: life), after: Span(Term.length.duration / 8))
        guard conversations.leases.term.wantsProof(at: now), !isCutFromStore else { return }
        let isOwn = world.store.prove(head.epoch, by: number, at: world.now)
        world.push(
            .proofReturns(controller: number, life: life, begun: reading, isOwn: isOwn), after: .milliseconds(1 + chance.below(50)))
    }

    func proofReturns(begun: Span, isOwn: Bool) {
        if isOwn { return conversations.leases.term.prove(begunAt: begun.duration) }
        conversations.leases.term.end()
        if world.planted != .oldTermGrants { die("the store has another head") }
    }

    // MARK: Looking after nodes

    private static let tick = Span.milliseconds(500)
    private static let keptOperations = 200

    func healthTick() {
        world.push(.healthTick(controller: number, life: life), after: Self.tick)
        ticks += 1
        if let outranked = conversations.leases.term.outrankedBy { return die("a node has obeyed epoch \(outranked.number)") }
        let due = conversations.due(at: now) { view.nodes[$0]?.value.health }
        if !due.ages.isEmpty { submit(.healthTick(due.ages, uptime: due.uptime), .losses(due.lost)) }
        guard ticks % 4 == 0 else { return }
        if view.hasWork { submit(.placePending(again: true), .none) }
        if view.operations.count > 2 * Self.keptOperations { submit(.expireOperations(keep: Self.keptOperations), .none) }
    }
}
