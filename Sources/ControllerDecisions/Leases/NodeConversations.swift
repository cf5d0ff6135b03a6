import ClusterModel

/// The controller's side of the conversations with nodes, none of it durable: whose session is known, who was heard when, what a sync is answered
/// and when it is let go, and who has been silent for too long. Moments are of one clock that never goes back.
package struct NodeConversations: Sendable {
    private struct Conversation: Sendable {
        /// The one whose full report the ledger has.
        var session: String?
        var lastHeard: Duration
        /// The number of its latest sync.
        var turn: Int64 = 0
        /// The latest sessions that spoke, the last of them last, and the number of what each said.
        var speakers: [Speaker] = []

        struct Speaker: Sendable {
            var session: String
            var said: Int64
        }

        /// False for what was said before something that has been heard already.
        mutating func hear(_ request: SyncRequest) -> Bool {
            let place = speakers.firstIndex { $0.session == request.session }
            if let place, request.number <= speakers[place].said { return false }
            if let place { speakers.remove(at: place) }
            speakers = speakers.suffix(3) + [Speaker(session: request.session, said: request.number)]
            return true
        }
    }

    package var leases: LeaseBook
    package private(set) var timing: HeartbeatTiming
    private let began: Duration
    private var conversations: [NodeID: Conversation] = [:]
    private var turns: Int64 = 0
    /// One look in the queue for each node of the set.
    private var watched: Set<NodeID> = []
    private var looks = DueQueue<NodeID>()
    private var lastLook: Duration?
    private var silentUntil = Duration.zero

    /// Until a change that was asked for shows in the ledger.
    private static let recheck = Duration.milliseconds(250)
    /// Between two looks at a suspect node, which may have been alive again meanwhile.
    private static let relook = Duration.seconds(1)
    /// Between two looks of a controller that runs.
    private static let longestGap = Duration.seconds(2)

    /// - Parameter nodes: those of the ledger at the start. Restarts are no deaths: their silence counts from here.
    package init(nodes: [NodeID], timing: HeartbeatTiming, leases: LeaseBook, began: Duration) {
        self.timing = timing
        self.leases = leases
        self.began = began
        for node in nodes.sorted() { watch(node, lastHeard: nil) }
    }

    /// The times that the size of the cluster asks for.
    package mutating func retime(_ heartbeat: HeartbeatTiming, _ lease: LeaseTiming?) {
        timing = heartbeat
        leases.retime(lease)
    }

    // MARK: Hearing

    /// One sync in hand.
    package struct Turn: Hashable, Sendable {
        package let node: NodeID
        package let number: Int64
        package let seen: Int64
        package let arrived: Duration
        /// It is answered by then.
        package let deadline: Duration
        fileprivate let report: LeaseBook.ReportTicket
        fileprivate let session: String
        fileprivate let isFull: Bool
        /// It is answered, with a lease too, even if its report can't be kept: the node is alive, and all that it said before is on record.
        package fileprivate(set) var standsWithoutReport = false
    }

    package enum Arrival: Hashable, Sendable {
        /// Answer at once that everything is needed. Also where a later sync has come before: nobody waits for this answer any more.
        case unknown
        /// Put its report to the ledger, then `reportIsKept`, then answer.
        case report(Turn)
        case quiet(Turn)
    }

    /// Ends every earlier sync of the node.
    /// - Parameter health: the node's in the committed ledger; nil where it holds no such node.
    package mutating func arrive(_ request: SyncRequest, from node: NodeID, health: Node.Health?, at now: Duration) -> Arrival {
        leases.term.hear(of: request.highestEpoch)
        guard isTimely(request, from: node, isOnRecord: health != nil, at: now) else { return .unknown }
        if health == .lost { leases.foundLost(node) }
        turns += 1
        let hold = min(max(.zero, request.hold), timing.interval)
        var turn = Turn(
            node: node, number: turns, seen: request.seen, arrived: now, deadline: now + hold.duration, report: leases.reportBegins(node),
            session: request.session, isFull: request.full)
        let isKnown = health != nil && hear(node, turn, at: now) && !leases.owesReport(node)
        guard isKnown || (request.full && (health != nil || request.registration != nil)) else { return .unknown }
        let says = request.registration != nil || request.full || !request.observed.isEmpty || request.storage != nil || health != .alive
        turn.standsWithoutReport = isKnown && health == .alive
        return says ? .report(turn) : .quiet(turn)
    }

    /// A link may hold a request back until another was heard, or until another controller is there; what it says was true once and is not now.
    /// So a report counts from a session that has been answered here, and says so by this epoch.
    private mutating func isTimely(_ request: SyncRequest, from node: NodeID, isOnRecord: Bool, at now: Duration) -> Bool {
        guard request.number > 0 else { return true }
        let isAnswered = request.highestEpoch >= leases.term.epoch
        guard isOnRecord else { return isAnswered }
        var conversation = conversations[node] ?? Conversation(lastHeard: now)
        let isFirst = conversation.speakers.last?.session != request.session
        guard conversation.hear(request) else { return false }
        conversations[node] = conversation
        watch(node, lastHeard: conversation.lastHeard)
        return isAnswered && !isFirst
    }

    /// A conversation is kept only with nodes of the ledger, so that made-up ids take no memory.
    private mutating func hear(_ node: NodeID, _ turn: Turn, at now: Duration) -> Bool {
        var conversation = conversations[node] ?? Conversation(lastHeard: now)
        conversation.lastHeard = now
        conversation.turn = turn.number
        conversations[node] = conversation
        watch(node, lastHeard: now)
        return conversation.session == turn.session
    }

    /// The ledger has the report of this sync.
    package mutating func reportIsKept(_ turn: Turn, at now: Duration) {
        if conversations[turn.node] == nil { _ = hear(turn.node, turn, at: now) }
        guard turn.isFull else { return }
        conversations[turn.node]?.session = turn.session
        leases.reported(turn.node, turn.report)
    }

    package mutating func forget(_ node: NodeID, at now: Duration) {
        conversations[node] = nil
        leases.forget(node, at: now)
    }

    /// Nil before the first sync since this controller began.
    package func age(of node: NodeID, at now: Duration) -> Duration? { conversations[node].map { now - $0.lastHeard } }

    // MARK: Answering

    /// What the committed ledger and the streams have for a node.
    package struct Tidings: Sendable {
        package var desired: DesiredSet
        /// Nil where the ledger holds no such node.
        package var standing: LeaseBook.Standing?
        package var streams: [StreamRequest]
        /// Nothing is held any more.
        package var isStopping: Bool
        package init(desired: DesiredSet, standing: LeaseBook.Standing?, streams: [StreamRequest], isStopping: Bool) {
            self.desired = desired
            self.standing = standing
            self.streams = streams
            self.isStopping = isStopping
        }
    }

    package enum Release: Sendable {
        case answer(SyncAnswer)
        /// Ask again then, or when there are tidings for the node.
        case hold(until: Duration)
        /// A later sync of the node took its place.
        case overtaken
    }

    /// The lease is decided here and not when the sync arrived: it may have been held while its node was declared lost.
    package mutating func release(_ turn: Turn, _ tidings: Tidings, at now: Duration) -> Release {
        guard conversations[turn.node].map({ $0.turn <= turn.number }) ?? true else { return .overtaken }
        let desired = tidings.desired
        let isSilent = !desired.full && desired.instances.isEmpty && desired.volumes == nil && tidings.streams.isEmpty
        if isSilent, tidings.standing != nil, !tidings.isStopping, now < turn.deadline { return .hold(until: turn.deadline) }
        let grant = tidings.standing.flatMap { leases.grant(to: turn.node, $0, asked: turn.arrived, at: now) }
        return .answer(
            SyncAnswer(
                epoch: leases.term.epoch, interval: timing.interval, revision: desired.revision, full: desired.full, desired: desired.instances,
                needsFull: tidings.standing == nil, streams: tidings.streams, lease: grant, volumes: desired.volumes))
    }

    package var needsFull: SyncAnswer {
        SyncAnswer(epoch: leases.term.epoch, interval: timing.interval, revision: 0, full: false, desired: [], needsFull: true, streams: [])
    }

    // MARK: Silence

    private mutating func watch(_ node: NodeID, lastHeard: Duration?) {
        if watched.insert(node).inserted { looks.push(node, at: (lastHeard ?? began) + timing.suspectAfter.duration) }
    }

    /// Nodes whose health is due to change, to be put to the ledger; then `lossesAreSettled` with those that it calls lost.
    /// - Parameter health: as in the committed ledger.
    package mutating func due(at now: Duration, health: (NodeID) -> Node.Health?) -> Due {
        var due = Due(uptime: milliseconds(now - began))
        noteOwnPause(at: now)
        guard now >= silentUntil else { return due }
        while let node = looks.pop(at: now) {
            if let health = health(node), let next = look(at: node, health, now, &due) {
                looks.push(node, at: next)
            } else {
                watched.remove(node)
            }
        }
        return due
    }

    /// A controller that was stopped for a while has heard nobody meanwhile, and says so of none before it could hear them.
    private mutating func noteOwnPause(at now: Duration) {
        if let lastLook, now - lastLook > max(Self.longestGap, timing.suspectAfter.duration / 2) { silentUntil = now + timing.suspectAfter.duration }
        lastLook = now
    }

    package struct Due: Sendable {
        /// Since this controller began.
        package var uptime = Milliseconds.zero
        package var ages: [Command.NodeAge] = []
        package var lost: [NodeID] = []
    }

    /// When to look at the node again; nil: not before it is heard.
    private mutating func look(at node: NodeID, _ health: Node.Health, _ now: Duration, _ due: inout Due) -> Duration? {
        guard health != .lost else { return nil }
        let lastHeard = conversations[node]?.lastHeard ?? began
        let age = milliseconds(now - lastHeard)
        let suspectAt = lastHeard + timing.suspectAfter.duration
        let lostAt = max(lastHeard + timing.lostAfter.duration, leases.surelyOverAt(node))
        if now >= lostAt {
            guard leases.declareLost(node, at: now) else { return now + Self.recheck }
            due.lost.append(node)
            due.ages.append(.init(node: node, age: age, wasHeard: conversations[node] != nil, timing: timing))
            return now + Self.recheck
        }
        guard health == .alive else { return min(lostAt, now + Self.relook) }
        guard now >= suspectAt else { return suspectAt }
        // By its age alone the ledger might call it lost, and its lease may not be over yet.
        let wasHeard = conversations[node] != nil
        due.ages.append(.init(node: node, age: min(age, timing.lostAfter - Milliseconds(1)), wasHeard: wasHeard, timing: timing))
        return now + Self.recheck
    }

    /// The ledger was asked to call these lost, and has or has not.
    package mutating func lossesAreSettled(_ nodes: [NodeID]) { for node in nodes { leases.settleLoss(node) } }

    private func milliseconds(_ time: Duration) -> Milliseconds {
        let (seconds, attoseconds) = time.components
        return Milliseconds(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
