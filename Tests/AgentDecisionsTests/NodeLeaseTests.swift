import AgentDecisions
import ClusterModel
import Testing

@Suite("the node's lease")
struct NodeLeaseTests {
    /// A conversation that has a lease of 30 s, counted from `now`.
    private func leased() throws -> Talk {
        var talk = Talk()
        talk.say()
        let news = try talk.hear(Talk.answer(revision: 5, full: true, lease: 30))
        #expect(news.lease == .held(until: talk.now + .seconds(30)))
        return talk
    }

    @Test("it is counted from the sending of the request, not from the receipt of the answer")
    func fromSending() throws {
        var talk = Talk()
        let sentAt = talk.now
        talk.say()
        talk.pass(4)
        #expect(try talk.hear(Talk.answer(full: true, lease: 30)).lease == .held(until: sentAt + .seconds(30)))
    }

    @Test("an answer without a grant takes nothing from it, and lets it run out")
    func ungranted() throws {
        var talk = try leased()
        let until = talk.now + .seconds(30)
        talk.pass(3)
        talk.say()
        #expect(try talk.hear(Talk.answer()).lease == .held(until: until))
        talk.pass(27)
        talk.say()
        #expect(try talk.hear(Talk.answer(full: true)).lease == .none)
    }

    @Test("an answer that a later one has overtaken is believed in nothing")
    func outOfOrder() throws {
        var talk = try leased()
        talk.pass(1)
        talk.say()
        let earlier = try #require(talk.sent)
        talk.pass(2)
        talk.say()
        let until = talk.now + .seconds(30)
        #expect(try talk.hear(Talk.answer(revision: 9, lease: 30)).lease == .held(until: until))
        #expect(throws: SyncConversation.Refusal.overtaken) { try talk.hear(Talk.answer(revision: 6, lease: 30), to: earlier) }
        #expect(throws: SyncConversation.Refusal.overtaken, "nor is one that comes twice") { try talk.hear(Talk.answer(revision: 9, lease: 30)) }
        talk.say()
        #expect(talk.sent?.request.seen == 9)
    }

    @Test("a grant of a lower epoch than was seen never counts")
    func lowerEpoch() throws {
        var talk = Talk(epoch: 7)
        talk.say()
        #expect(throws: SyncConversation.Refusal.staleEpoch(Epoch(6), seen: Epoch(7))) { try talk.hear(Talk.answer(epoch: 6, full: true, lease: 30)) }
        talk.say()
        #expect(try talk.hear(Talk.answer(epoch: 7)).lease == .none)
    }

    @Test("after a lapse everything is asked for, at once, and a grant counts only together with the full set")
    func lapse() throws {
        var talk = try leased()
        talk.pass(30)
        let request = talk.say()
        #expect(request.seen == 0 && request.hold == .zero)
        let news = try talk.hear(Talk.answer(revision: 8, lease: 30))
        #expect(news.lease == .none && news.refusedGrant == .needsFullSet && news.asksAtOnce)
        #expect(talk.say().seen == 0)
        #expect(try talk.hear(Talk.answer(revision: 8, full: true, lease: 30)).lease == .held(until: talk.now + .seconds(30)))
        #expect(talk.say().seen == 8)
    }

    @Test("a request that was sent under the lease and is answered after it brings none without the full set")
    func lapseOnTheWay() throws {
        var talk = try leased()
        talk.pass(29)
        #expect(talk.say().seen == 5)
        talk.pass(2)
        #expect(try talk.hear(Talk.answer(revision: 6, lease: 30)).lease == .none)
    }

    @Test("a full set without a grant is not asked for again and again")
    func noCircle() throws {
        var talk = try leased()
        talk.pass(30)
        talk.say()
        #expect(try talk.hear(Talk.answer(revision: 8, full: true)).asksAtOnce == false)
        let next = talk.say()
        #expect(next.seen == 8 && next.hold > .zero)
    }

    @Test("a grant that is over on arrival, and one that would be over before its renewal, are none")
    func useless() throws {
        var talk = Talk()
        talk.say()
        talk.pass(30)
        let late = try talk.hear(Talk.answer(full: true, lease: 30))
        #expect(late.lease == .none && late.refusedGrant == .late)
        var short = Talk()
        short.say()
        try short.hear(Talk.answer(full: true, lease: 30))
        short.say()
        #expect(short.sent?.request.hold == Milliseconds(3000))
        let news = try short.hear(Talk.answer(lease: 13))
        #expect(news.refusedGrant == .tooShort, "3 s held, 1 s on the way and 3 s between are more than half of 13 s")
        short.say()
        #expect(try short.hear(Talk.answer(lease: 14)).refusedGrant == nil)
    }

    @Test("a node begins without one; what an earlier agent of this boot was granted lets run and starts nothing")
    func start() throws {
        #expect(NodeLease().standing(at: .seconds(1)) == .none)
        var talk = Talk(kept: .seconds(1010))
        let kept = NodeLease(kept: .seconds(1010)).standing(at: talk.now)
        #expect(kept == .kept(until: .seconds(1010)))
        #expect(kept.mayRun(at: talk.now) && !kept.mayStart(at: talk.now))
        #expect(!kept.mayRun(at: .seconds(1010)))
        talk.say()
        let news = try talk.hear(Talk.answer(lease: 30))
        #expect(news.lease == .kept(until: .seconds(1010)) && news.refusedGrant == .needsFullSet)
        talk.say()
        #expect(try talk.hear(Talk.answer(full: true, lease: 30)).lease == .held(until: talk.now + .seconds(30)))
    }

    @Test("what could not be kept on disk is asked for again, and starts nothing until then")
    func notKept() throws {
        var talk = try leased()
        talk.pass(1)
        talk.say()
        try talk.hear(Talk.answer(epoch: 2, revision: 7, lease: 30))
        talk.conversation.couldNotKeep()
        #expect(talk.say().seen == 0)
        let news = try talk.hear(Talk.answer(epoch: 2, revision: 7, lease: 30))
        #expect(!news.lease.mayStart(at: talk.now) && news.lease.mayRun(at: talk.now))
    }
}
