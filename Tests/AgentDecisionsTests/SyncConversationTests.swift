import AgentDecisions
import ClusterModel
import Testing

@Suite("the conversation with the controller")
struct SyncConversationTests {
    private let registration = NodeRegistration(
        name: try! Name("n1"), labels: Labels(), taints: [],
        facts: NodeFacts(
            architecture: .x86_64, kvm: .absent, vmm: .synthetic, vmmVersion: "1", agentVersion: "1", kernel: "6", traits: [], overhead: .zero),
        capacity: Capacity(total: .zero))

    private func answer(epoch: Int64 = 1, revision: Int64 = 1, needsFull: Bool = false, interval: Int64 = 3000) -> SyncAnswer {
        SyncAnswer(
            epoch: Epoch(epoch), interval: Milliseconds(interval), revision: revision, full: false, desired: [], needsFull: needsFull, streams: [])
    }

    private var observed: ObservedInstance {
        ObservedInstance(id: Sample.id, name: try! Name("web-1"), generation: 1, state: .running, resources: .zero)
    }

    private func conversation() -> SyncConversation { SyncConversation(bootID: "b", session: "s", highestEpoch: Epoch(0)) }

    @Test("the first sync says everything and is not held; an empty one is held for the interval")
    func first() throws {
        var talk = conversation()
        let first = talk.request(registration: registration, observed: [observed])
        #expect(first.registration != nil && first.full && first.observed.count == 1 && first.hold == .zero && first.seen == 0)
        _ = try talk.accept(answer(revision: 7))
        let second = talk.request(registration: registration, observed: [observed])
        #expect(second.registration == nil && !second.full && second.observed.isEmpty)
        #expect(second.hold == Milliseconds(3000) && second.seen == 7)
    }

    @Test("a change is said until it has arrived, and one that comes during a request is said again")
    func changes() throws {
        var talk = conversation()
        _ = talk.request(registration: registration, observed: [])
        _ = try talk.accept(answer())
        talk.noteChange(of: Sample.id)
        #expect(talk.request(registration: registration, observed: [observed]).observed.count == 1)
        // That request was lost.
        let repeated = talk.request(registration: registration, observed: [observed])
        #expect(repeated.observed.count == 1 && repeated.hold == .zero)
        talk.noteChange(of: Sample.id)
        #expect(try talk.accept(answer()).acknowledged == [])
        #expect(talk.request(registration: registration, observed: [observed]).observed.count == 1)
        #expect(try talk.accept(answer()).acknowledged == [Sample.id])
        #expect(!talk.hasSomethingToSay)
    }

    @Test("an answer of a term that is over is refused and changes nothing")
    func epochs() throws {
        var talk = SyncConversation(bootID: "b", session: "s", highestEpoch: Epoch(5))
        _ = talk.request(registration: registration, observed: [])
        #expect(throws: SyncConversation.Refusal.staleEpoch(Epoch(4), seen: Epoch(5))) { try talk.accept(self.answer(epoch: 4, revision: 99)) }
        #expect(talk.request(registration: registration, observed: []).seen == 0)
        #expect(try talk.accept(answer(epoch: 6)).newEpoch == Epoch(6))
        #expect(try talk.accept(answer(epoch: 6)).newEpoch == nil)
    }

    @Test("a controller that has forgotten the node is told everything again")
    func forgotten() throws {
        var talk = conversation()
        _ = talk.request(registration: registration, observed: [])
        _ = try talk.accept(answer())
        _ = try talk.accept(answer(needsFull: true))
        let request = talk.request(registration: registration, observed: [observed])
        #expect(request.full && request.registration != nil && request.hold == .zero)
    }

    @Test("an interval out of all reason is bounded", arguments: [(Int64(0), Int64(100)), (-5, 100), (1 << 60, 600_000)])
    func interval(said: Int64, taken: Int64) throws {
        var talk = conversation()
        _ = talk.request(registration: registration, observed: [])
        _ = try talk.accept(answer(interval: said))
        #expect(talk.interval == Milliseconds(taken))
    }
}
