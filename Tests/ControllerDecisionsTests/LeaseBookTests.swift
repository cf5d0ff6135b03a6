import ClusterModel
import ControllerDecisions
import Testing

private let node = NodeID("00000000-0000-4000-8000-00000000000a")!
private let timing = LeaseTiming.standard
private let wait = Duration.seconds(36)
private let alive = LeaseBook.Standing(isAlive: true, owesRemoval: false)

@Suite("what the controller knows of leases")
struct LeaseBookTests {
    /// Begun at 100 s, its term proven for as long as the tests last.
    private func book(timing: LeaseTiming? = timing, inherited: Milliseconds = .zero) -> LeaseBook {
        let term = Term(epoch: Epoch(3), campaignBegan: .seconds(100), length: Milliseconds(seconds: 100_000))
        return LeaseBook(term: term, timing: timing, began: .seconds(100), inherited: inherited)
    }

    private func reported() -> LeaseBook {
        var book = book()
        book.reported(node, book.reportBegins(node))
        return book
    }

    @Test("a node is granted a lease when the ledger has its full report, and not before")
    func fullReport() {
        var book = book()
        #expect(book.owesReport(node))
        #expect(book.grant(to: node, alive, asked: .seconds(101), at: .seconds(101)) == nil)
        book.reported(node, book.reportBegins(node))
        #expect(book.grant(to: node, alive, asked: .seconds(101), at: .seconds(101)) == LeaseGrant(length: timing.length))
    }

    @Test("it is lost when W has passed since the last granted answer, and not a moment sooner")
    func wait_() {
        var book = reported()
        _ = book.grant(to: node, alive, asked: .seconds(110), at: .seconds(110))
        _ = book.grant(to: node, alive, asked: .seconds(113), at: .seconds(113))
        #expect(book.declareLost(node, at: .seconds(113) + wait - .nanoseconds(1)) == false)
        #expect(book.declareLost(node, at: .seconds(113) + wait) == true)
    }

    @Test("a new controller waits W from its own start, and longer where one before it may have granted longer leases")
    func ownStart() {
        var book = book()
        #expect(book.declareLost(node, at: .seconds(135)) == false)
        #expect(book.declareLost(node, at: .seconds(136)) == true)
        var heir = self.book(inherited: Milliseconds(seconds: 60))
        #expect(heir.declareLost(node, at: .seconds(159)) == false)
        #expect(heir.declareLost(node, at: .seconds(160)) == true)
        var without = self.book(timing: nil, inherited: Milliseconds(seconds: 60))
        #expect(without.declareLost(node, at: .seconds(159)) == false)
    }

    @Test("an answer that was held while its node was declared lost carries no lease")
    func heldAcross() {
        var book = reported()
        _ = book.grant(to: node, alive, asked: .seconds(101), at: .seconds(101))
        _ = book.declareLost(node, at: .seconds(200))
        #expect(book.grant(to: node, alive, asked: .seconds(200), at: .seconds(200)) == nil)
        book.settleLoss(node)
        #expect(book.grant(to: node, alive, asked: .seconds(200), at: .seconds(200)) == nil)
    }

    @Test("after a loss only a full report that began when the loss was on record brings a lease again")
    func reportAcross() {
        var book = reported()
        let before = book.reportBegins(node)
        _ = book.declareLost(node, at: .seconds(200))
        let meanwhile = book.reportBegins(node)
        book.reported(node, before)
        book.settleLoss(node)
        for ticket in [before, meanwhile] {
            book.reported(node, ticket)
            #expect(book.grant(to: node, alive, asked: .seconds(201), at: .seconds(201)) == nil)
        }
        book.reported(node, book.reportBegins(node))
        #expect(book.grant(to: node, alive, asked: .seconds(201), at: .seconds(201)) != nil)
    }

    @Test("what moved away is gone from a node that comes back before it is granted anything; later removals take nothing from it")
    func removals() {
        var book = reported()
        let owing = LeaseBook.Standing(isAlive: true, owesRemoval: true)
        #expect(book.grant(to: node, owing, asked: .seconds(101), at: .seconds(101)) == nil)
        #expect(book.grant(to: node, alive, asked: .seconds(102), at: .seconds(102)) != nil)
        #expect(book.grant(to: node, owing, asked: .seconds(103), at: .seconds(103)) != nil)
    }

    @Test("a node that the ledger does not have as alive is granted nothing")
    func notAlive() {
        var book = reported()
        #expect(book.grant(to: node, .init(isAlive: false, owesRemoval: false), asked: .seconds(101), at: .seconds(101)) == nil)
    }

    @Test("leases of a longer time keep it when the times become shorter")
    func shorter() {
        var book = reported()
        _ = book.grant(to: node, alive, asked: .seconds(101), at: .seconds(101))
        book.retime(.fast)
        #expect(book.grant(to: node, alive, asked: .seconds(102), at: .seconds(102)) == LeaseGrant(length: LeaseTiming.fast.length))
        #expect(book.surelyOverAt(node) == .seconds(101) + wait)
    }

    @Test("a node that leaves the ledger and joins again is not lost while its old lease lasts")
    func forgotten() {
        var book = reported()
        _ = book.grant(to: node, alive, asked: .seconds(500), at: .seconds(500))
        book.forget(node, at: .seconds(501))
        #expect(book.grant(to: node, alive, asked: .seconds(502), at: .seconds(502)) == nil)
        #expect(book.declareLost(node, at: .seconds(535)) == false)
        #expect(book.declareLost(node, at: .seconds(536)) == true)
    }

    @Test("nothing is granted unless the term is proven")
    func unproven() {
        var book = LeaseBook(term: Term(epoch: Epoch(3), campaignBegan: .seconds(100)), timing: timing, began: .seconds(100), inherited: .zero)
        book.reported(node, book.reportBegins(node))
        #expect(book.grant(to: node, alive, asked: .seconds(109), at: .seconds(109)) != nil)
        #expect(book.grant(to: node, alive, asked: .seconds(110), at: .seconds(110)) == nil)
        book.term.prove(begunAt: .seconds(108))
        #expect(book.grant(to: node, alive, asked: .seconds(117), at: .seconds(117)) != nil)
        #expect(book.grant(to: node, alive, asked: .seconds(118), at: .seconds(118)) == nil)
    }
}

@Suite("the controller's term")
struct TermTests {
    private func term() -> Term { Term(epoch: Epoch(3), campaignBegan: .seconds(100)) }

    @Test("a proof holds for T from its begin, and an older one takes nothing away")
    func proofs() {
        var term = term()
        term.prove(begunAt: .seconds(105))
        term.prove(begunAt: .seconds(101))
        #expect(term.isProven(at: .seconds(114)) && !term.isProven(at: .seconds(115)))
        #expect(!term.wantsProof(at: .seconds(107)) && term.wantsProof(at: .seconds(108)))
    }

    @Test("a term that the store says is over, or whose epoch a node has seen surpassed, is proven no more")
    func over() {
        var ended = term()
        ended.end()
        ended.prove(begunAt: .seconds(101))
        #expect(!ended.isProven(at: .seconds(101)))
        var outranked = term()
        for epoch in [2, 3] { outranked.hear(of: Epoch(Int64(epoch))) }
        #expect(outranked.isProven(at: .seconds(101)))
        for epoch in [7, 5] { outranked.hear(of: Epoch(Int64(epoch))) }
        #expect(!outranked.isProven(at: .seconds(101)) && outranked.outrankedBy == Epoch(7))
    }
}

@Suite("the times of leases at scale")
struct LeaseScaleTests {
    @Test("all nodes together stay within the rate, whatever the profile; small clusters keep the profile", arguments: [LeaseTiming.standard, .fast])
    func rate(base: LeaseTiming) throws {
        let scale = LeaseScale(base: base)
        #expect(scale.timing(nodes: 1000) == base)
        var last = base
        for nodes in [0, 1, 2000, 6000, 6001, 10_000, 50_000, 100_000] {
            let timing = scale.timing(nodes: nodes)
            #expect(Int64(nodes) * 1000 <= LeaseScale.syncRate * timing.renew.count)
            #expect(try LeaseTiming(renew: timing.renew, length: timing.length, kill: timing.kill, wait: timing.wait) == timing)
            #expect(timing.renew >= last.renew && timing.length >= last.length && timing.wait >= last.wait)
            last = timing
        }
        #expect(last.renew == Milliseconds(seconds: 50))
    }

    @Test(
        "silence is suspect within ten seconds at 10,000 nodes, and a suspect node is not lost before its lease is over, however long that has grown",
        arguments: [LeaseTiming.standard, .fast], [10_000, 100_000])
    func silence(base: LeaseTiming, nodes: Int) {
        let lease = LeaseScale(base: base).timing(nodes: nodes)
        let timing = HeartbeatTiming(base).scaled(to: lease.renew, wait: lease.wait)
        #expect(nodes > 10_000 || timing.suspectAfter < Milliseconds(seconds: 10))
        #expect(timing.lostAfter >= lease.wait)
        var ledger = PlayedLedger()
        let node = ledger.join(1)
        let book = LeaseBook(
            term: Term(epoch: Epoch(1), campaignBegan: .zero), timing: lease, began: .zero, inherited: .zero)
        var desk = NodeConversations(nodes: [node], timing: timing, leases: book, began: .zero)
        var seen: [Node.Health] = []
        for second in 0..<Int(timing.lostAfter.count / 1000) {
            let health = ledger.state.nodes[node]?.value.health
            let due = desk.due(at: .seconds(second)) { _ in health }
            if !due.ages.isEmpty { ledger.apply(.healthTick(due.ages, uptime: due.uptime)) }
            if let now = ledger.state.nodes[node]?.value.health, now != seen.last { seen.append(now) }
        }
        #expect(seen == [.alive, .suspect])
    }

    @Test("no number of nodes and no rate makes it trap", arguments: [(Int.max, Int64(1)), (-5, 0), (100_000, -1), (Int.max, .max)])
    func bounds(nodes: Int, rate: Int64) {
        let timing = LeaseScale(base: .fast, syncRate: rate).timing(nodes: nodes)
        #expect(timing.renew >= LeaseTiming.fast.renew)
    }
}

@Suite("the queue of what is due")
struct DueQueueTests {
    @Test("keys leave in the order of their moments, equal ones in the order of their coming, and none before it is due")
    func order() {
        var queue = DueQueue<Int>()
        var expected: [(Int, Int)] = []
        for number in 0..<500 {
            let at = number * 7919 % 61
            queue.push(number, at: .seconds(at))
            expected.append((at, number))
        }
        expected.sort { $0 < $1 }
        for (at, number) in expected {
            #expect(queue.pop(at: .seconds(at) - .nanoseconds(1)) == nil)
            #expect(queue.pop(at: .seconds(at)) == number)
        }
        #expect(queue.pop(at: .seconds(1000)) == nil && queue.count == 0)
    }
}
