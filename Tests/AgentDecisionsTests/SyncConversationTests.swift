import AgentDecisions
import ClusterModel
import Testing

@Suite("the conversation with the controller")
struct SyncConversationTests {
    @Test("the first sync says everything and is not held; an empty one is held for the interval")
    func first() throws {
        var talk = Talk()
        let first = talk.say([Talk.observed])
        #expect(first.registration != nil && first.full && first.observed.count == 1 && first.hold == .zero && first.seen == 0)
        try talk.hear(Talk.answer(revision: 7))
        let second = talk.say([Talk.observed])
        #expect(second.registration == nil && !second.full && second.observed.isEmpty)
        #expect(second.hold == Milliseconds(3000) && second.seen == 7)
    }

    @Test("a change is said until it has arrived, and one that comes during a request is said again")
    func changes() throws {
        var talk = Talk()
        talk.say()
        try talk.hear(Talk.answer())
        talk.conversation.noteChange(of: Sample.id)
        #expect(talk.say([Talk.observed]).observed.count == 1)
        // That request was lost.
        let repeated = talk.say([Talk.observed])
        #expect(repeated.observed.count == 1 && repeated.hold == .zero)
        talk.conversation.noteChange(of: Sample.id)
        #expect(try talk.hear(Talk.answer()).acknowledged == [])
        #expect(talk.say([Talk.observed]).observed.count == 1)
        #expect(try talk.hear(Talk.answer()).acknowledged == [Sample.id])
        #expect(!talk.conversation.hasSomethingToSay)
    }

    @Test("an answer of a term that is over is refused and changes nothing")
    func epochs() throws {
        var talk = Talk(epoch: 5)
        talk.say()
        #expect(throws: SyncConversation.Refusal.staleEpoch(Epoch(4), seen: Epoch(5))) { try talk.hear(Talk.answer(epoch: 4, revision: 99)) }
        #expect(talk.say().seen == 0)
        #expect(try talk.hear(Talk.answer(epoch: 6)).newEpoch == Epoch(6))
        talk.say()
        #expect(try talk.hear(Talk.answer(epoch: 6)).newEpoch == Epoch(6), "it has not been kept yet")
        talk.conversation.epochIsKept(Epoch(6))
        talk.say()
        #expect(try talk.hear(Talk.answer(epoch: 6)).newEpoch == nil)
    }

    @Test("a controller that has forgotten the node is told everything again")
    func forgotten() throws {
        var talk = Talk()
        talk.say()
        try talk.hear(Talk.answer())
        talk.say()
        try talk.hear(Talk.answer(needsFull: true))
        let request = talk.say([Talk.observed])
        #expect(request.full && request.registration != nil && request.hold == .zero)
    }

    @Test("what the controller could not keep is said again, and its lease counts all the same")
    func unkept() throws {
        var talk = Talk()
        talk.say([Talk.observed])
        try talk.hear(Talk.answer(full: true, lease: 30))
        talk.conversation.noteChange(of: Sample.id)
        talk.say([Talk.observed])
        var answer = Talk.answer(lease: 30)
        answer.unkept = "The controller's disk is full."
        let news = try talk.hear(answer)
        #expect(news.acknowledged.isEmpty && news.repeats && news.lease.mayRun(at: talk.now + .seconds(20)))
        #expect(talk.say([Talk.observed]).observed.count == 1)
        let kept = try talk.hear(Talk.answer(lease: 30))
        #expect(kept.acknowledged == [Sample.id] && !kept.repeats)
    }

    @Test("an interval out of all reason is bounded", arguments: [(Int64(0), Int64(100)), (-5, 100), (1 << 60, 600_000)])
    func interval(said: Int64, taken: Int64) throws {
        var talk = Talk()
        talk.say()
        try talk.hear(Talk.answer(interval: said))
        #expect(talk.conversation.interval == Milliseconds(taken))
    }
}
