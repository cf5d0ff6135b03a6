import ClusterModel
import ControllerDecisions
import Testing

private let node = NodeID("00000000-0000-4000-8000-00000000000a")!

@Suite("the controller's side of the conversations")
struct NodeConversationsTests {
    /// A desk with its clock, and a ledger that knows one node.
    private struct Desk {
        var desk: NodeConversations
        var now = Duration.seconds(100)
        var health: Node.Health? = .alive
        var tombstones = false
        var desired = DesiredSet(entries: [], seen: 5, all: false)
        var streams: [StreamRequest] = []
        var isStopping = false

        init(known: Bool = true, lease: LeaseTiming? = .standard, inherited: Milliseconds = .zero) {
            let term = Term(epoch: Epoch(1), campaignBegan: .seconds(100), length: Milliseconds(seconds: 100_000))
            let leases = LeaseBook(term: term, timing: lease, began: .seconds(100), inherited: inherited)
            desk = NodeConversations(nodes: known ? [node] : [], timing: HeartbeatTiming(), leases: leases, began: .seconds(100))
            health = known ? .alive : nil
        }

        private var changes: [Node.Health] = []

        /// With a look every second, as a health loop takes it.
        mutating func pass(_ seconds: Double) {
            let end = now + .milliseconds(Int64((seconds * 1000).rounded()))
            while now + .seconds(1) < end {
                now += .seconds(1)
                takeLook()
            }
            now = end
        }

        /// Without one.
        mutating func stop(_ seconds: Int) { now += .seconds(seconds) }

        mutating func arrive(
            full: Bool = false, registers: Bool = false, session: String = "s", number: Int64 = 0, epoch: Int64 = 0, hold: Int64 = 3000
        ) -> NodeConversations.Arrival {
            let request = SyncRequest(
                bootID: "b", session: session, number: number, highestEpoch: Epoch(epoch), seen: full ? 0 : 5,
                registration: registers ? Self.registration : nil,
                full: full, observed: [], hold: Milliseconds(hold))
            return desk.arrive(request, from: node, health: health, at: now)
        }

        private static let registration = NodeRegistration(
            name: try! Name("n1"), labels: Labels(), taints: [],
            facts: NodeFacts(
                architecture: .x86_64, kvm: .absent, vmm: .synthetic, vmmVersion: "1", agentVersion: "1", kernel: "6", traits: [], overhead: .zero),
            capacity: Capacity(total: .zero))

        /// Says everything, and the ledger takes it.
        mutating func join() {
            guard case .report(let turn) = arrive(full: true, registers: true) else { return }
            health = .alive
            desk.reportIsKept(turn, at: now)
            _ = release(turn)
        }

        mutating func quiet() throws -> NodeConversations.Turn {
            guard case .quiet(let turn) = arrive() else { throw NotQuiet() }
            return turn
        }

        private struct NotQuiet: Error {}

        mutating func release(_ turn: NodeConversations.Turn) -> NodeConversations.Release {
            let standing = health.map { LeaseBook.Standing(isAlive: $0 == .alive, owesRemoval: tombstones) }
            return desk.release(turn, .init(desired: desired, standing: standing, streams: streams, isStopping: isStopping), at: now)
        }

        mutating func answer(_ turn: NodeConversations.Turn) -> SyncAnswer? { if case .answer(let answer) = release(turn) { answer } else { nil } }

        /// What has become of the node since the last call.
        mutating func look() -> [Node.Health] {
            takeLook()
            defer { changes = [] }
            return changes
        }

        /// As the ledger does it.
        private mutating func takeLook() {
            let seen = health
            let due = desk.due(at: now) { $0 == node ? seen : nil }
            for entry in due.ages { health = health?.afterSilence(of: entry.age, timing: entry.timing) }
            desk.lossesAreSettled(due.lost)
            if health != seen, let health { changes.append(health) }
        }
    }

    @Test("a session that has not said everything is asked for it, and so is a node of which the ledger knows nothing")
    func unknown() throws {
        var desk = Desk()
        #expect(desk.arrive() == .unknown)
        desk.join()
        _ = try desk.quiet()
        #expect(desk.arrive(session: "another") == .unknown)
        var stranger = Desk(known: false)
        #expect(stranger.arrive(full: true) == .unknown, "not even a full report is of use without a registration")
        stranger.join()
        _ = try stranger.quiet()
    }

    @Test("a sync with nothing to tell is held for the interval, at most, and then answered with a lease that counts from its coming")
    func hold() throws {
        var desk = Desk()
        desk.join()
        let turn = try desk.quiet()
        let arrived = desk.now
        guard case .hold(let until) = desk.release(turn) else { return #expect(Bool(false), "it is held") }
        #expect(until == desk.now + .seconds(3))
        desk.now = until
        #expect(desk.answer(turn)?.lease == LeaseGrant(length: Milliseconds(seconds: 30)))
        #expect(desk.desk.leases.surelyOverAt(node) == arrived + .seconds(36))
        guard case .quiet(let greedy) = desk.arrive(hold: 1 << 50) else { return #expect(Bool(false)) }
        #expect(greedy.deadline == desk.now + .seconds(3))
    }

    @Test("what there is to tell is told at once: instances, streams, that it is unknown, that the controller stops")
    func tidings() throws {
        for change in [
            { $0.desired = DesiredSet(entries: [], seen: 0, all: true) },
            {
                $0.streams = [
                    StreamRequest(
                        id: .init("00000000-0000-4000-8000-000000000001")!, instance: .init("00000000-0000-4000-8000-000000000002")!, source: .console
                    )
                ]
            },
            { $0.health = nil }, { $0.isStopping = true },
        ] as [(inout Desk) -> Void] {
            var desk = Desk()
            desk.join()
            let turn = try desk.quiet()
            change(&desk)
            let answer = desk.answer(turn)
            #expect(answer != nil)
            #expect(answer?.needsFull == (desk.health == nil) && (answer?.lease == nil) == (desk.health == nil))
        }
    }

    @Test("a later sync takes the place of one that is held")
    func overtaken() throws {
        var desk = Desk()
        desk.join()
        let first = try desk.quiet()
        let second = try desk.quiet()
        guard case .overtaken = desk.release(first) else { return #expect(Bool(false)) }
        desk.pass(3)
        #expect(desk.answer(second) != nil)
    }

    @Test("silence makes a node suspect and then lost, when its lease is surely over; heard again it says everything before it has a lease")
    func silence() throws {
        var desk = Desk()
        desk.join()
        desk.pass(8.9)
        #expect(desk.look() == [])
        desk.pass(0.1)
        #expect(desk.look() == [.suspect])
        desk.pass(26.9)
        #expect(desk.look() == [])
        desk.pass(0.1)
        #expect(desk.look() == [.lost])
        #expect(desk.arrive() == .unknown)
        desk.health = .lost
        guard case .report(let turn) = desk.arrive(full: true, registers: true) else { return #expect(Bool(false)) }
        desk.desk.reportIsKept(turn, at: desk.now)
        desk.health = .alive
        desk.tombstones = true
        desk.desired = DesiredSet(entries: [], seen: 0, all: true)
        #expect(desk.answer(turn)?.lease == nil)
        desk.tombstones = false
        let next = try desk.quiet()
        #expect(desk.answer(next)?.lease != nil)
    }

    @Test("a node that was granted a lease late in a held sync is lost W after it had asked, and no sooner")
    func lateGrant() throws {
        var desk = Desk()
        desk.join()
        let turn = try desk.quiet()
        desk.pass(3)
        #expect(desk.answer(turn)?.lease != nil)
        desk.pass(30)
        #expect(desk.look() == [.suspect])
        desk.pass(2.9)
        #expect(desk.look() == [] && desk.health == .suspect)
        desk.pass(0.1)
        #expect(desk.look() == [.lost])
    }

    @Test("a suspect node that is heard is watched as any other")
    func heardAgain() {
        var desk = Desk()
        desk.join()
        desk.pass(10)
        #expect(desk.look() == [.suspect])
        desk.pass(0.5)
        #expect(desk.look() == [])
        desk.pass(0.5)
        desk.join()
        for _ in 0..<89 {
            desk.pass(0.1)
            #expect(desk.look() == [])
        }
        desk.pass(1)
        #expect(desk.look() == [.suspect])
    }

    @Test("a node that never speaks to this controller is suspect and lost by the controller's own start")
    func neverHeard() {
        var desk = Desk()
        desk.pass(10)
        #expect(desk.look() == [.suspect])
        desk.pass(25.9)
        #expect(desk.look() == [])
        desk.pass(0.1)
        #expect(desk.look() == [.lost])
        for _ in 0..<10 {
            desk.pass(100)
            #expect(desk.look() == [])
        }
        desk.join()
        desk.pass(10)
        #expect(desk.look() == [.suspect], "heard again it is watched again")
    }

    @Test("a controller that was stopped itself calls nobody lost before it could have heard them")
    func ownPause() {
        var desk = Desk()
        desk.join()
        #expect(desk.look() == [])
        desk.stop(1000)
        for _ in 0..<89 {
            #expect(desk.look() == [])
            desk.pass(0.1)
        }
        desk.pass(0.2)
        #expect(desk.look() == [.lost])
    }

    @Test("a node that is noticed late is suspect before its lease is surely over, however long it was silent")
    func noticedLate() {
        var desk = Desk(inherited: Milliseconds(seconds: 120))
        #expect(desk.look() == [])
        desk.stop(60)
        #expect(desk.look() == [])
        desk.pass(10)
        #expect(desk.look() == [.suspect])
        desk.pass(49)
        #expect(desk.look() == [])
        desk.pass(1)
        #expect(desk.look() == [.lost])
    }

    @Test("without leases a node is lost by its silence alone")
    func withoutLeases() throws {
        var desk = Desk(lease: nil)
        desk.join()
        let turn = try desk.quiet()
        desk.pass(3)
        #expect(desk.answer(turn)?.lease == nil)
        desk.pass(33)
        #expect(desk.look() == [.suspect, .lost])
    }

    @Test("a node that has obeyed a higher epoch ends all grants")
    func outranked() {
        var desk = Desk()
        desk.join()
        let request = SyncRequest(
            bootID: "b", session: "x", highestEpoch: Epoch(4), seen: 0, registration: nil, full: false, observed: [], hold: .zero)
        _ = desk.desk.arrive(request, from: node, health: .alive, at: desk.now)
        #expect(desk.desk.leases.term.outrankedBy == Epoch(4))
        #expect(desk.desk.leases.grant(to: node, .init(isAlive: true, owesRemoval: false), asked: desk.now, at: desk.now) == nil)
    }

    private func isReport(_ arrival: NodeConversations.Arrival) -> Bool { if case .report = arrival { true } else { false } }

    @Test("what a session said before something that was heard already is not heard any more")
    func lateCopies() {
        var desk = Desk()
        #expect(desk.arrive(full: true, number: 1, epoch: 1) == .unknown, "it was never answered by this controller")
        guard case .report(let turn) = desk.arrive(full: true, number: 2, epoch: 1) else { return #expect(Bool(false), "it says everything") }
        desk.desk.reportIsKept(turn, at: desk.now)
        #expect(desk.arrive(full: true, number: 2, epoch: 1) == .unknown, "a copy")
        #expect(desk.arrive(full: true, number: 1, epoch: 1) == .unknown, "overtaken")
        #expect(isReport(desk.arrive(full: true, number: 3, epoch: 1)))
    }

    @Test("what was said to a controller of an earlier term is not heard by the next")
    func lateAcrossTerms() {
        var desk = Desk()
        #expect(desk.arrive(full: true, number: 7, epoch: 0) == .unknown)
        #expect(desk.arrive(full: true, number: 8, epoch: 0) == .unknown, "its agent had not heard of this term when it left")
        #expect(isReport(desk.arrive(full: true, number: 9, epoch: 1)))
    }

    @Test("a copy of what an agent said that has ended since does not silence the one that lives")
    func lateFromThePast() {
        var desk = Desk()
        _ = desk.arrive(full: true, session: "new", number: 1, epoch: 1)
        #expect(isReport(desk.arrive(full: true, session: "new", number: 2, epoch: 1)))
        #expect(desk.arrive(full: true, session: "old", number: 40, epoch: 1) == .unknown)
        #expect(desk.arrive(session: "new", number: 3, epoch: 1) == .unknown, "it is asked for everything again")
        #expect(isReport(desk.arrive(full: true, session: "new", number: 4, epoch: 1)))
    }

    @Test("a node that is not in the ledger is answered before it is taken in")
    func joins() {
        var desk = Desk(known: false)
        #expect(desk.arrive(full: true, registers: true, number: 1, epoch: 0) == .unknown)
        #expect(isReport(desk.arrive(full: true, registers: true, number: 2, epoch: 1)))
    }
}
