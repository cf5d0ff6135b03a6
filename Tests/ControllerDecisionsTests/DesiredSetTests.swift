import ClusterModel
import ControllerDecisions
import Testing

@Suite("what a node is told")
struct DesiredSetTests {
    @Test("only what changed since it last heard, everything when it asks for everything")
    func deltas() throws {
        var ledger = PlayedLedger()
        let node = ledger.join(1)
        ledger.launch("a")
        let first = ledger.state.desiredSet(of: node, seen: 0)
        #expect(first.full && first.instances.map(\.name.text) == ["a"])
        #expect(ledger.state.desiredSet(of: node, seen: first.revision).instances.isEmpty)
        ledger.launch("b")
        let second = ledger.state.desiredSet(of: node, seen: first.revision)
        #expect(!second.full && second.instances.map(\.name.text) == ["b"])
        #expect(second.revision > first.revision)
        ledger.report("a", .running)
        #expect(ledger.state.desiredSet(of: node, seen: second.revision).instances.isEmpty, "what it said itself is no news to it")
    }

    @Test("a full set of nothing is not asked for again at once")
    func nothing() {
        var ledger = PlayedLedger()
        let node = ledger.join(1)
        let set = ledger.state.desiredSet(of: node, seen: 0)
        #expect(set.full && set.revision > 0)
        #expect(!ledger.state.desiredSet(of: node, seen: set.revision).full)
    }

    @Test("a node that has seen more than there is, of an older copy of the ledger, gets everything anew")
    func ahead() {
        var ledger = PlayedLedger()
        let node = ledger.join(1)
        ledger.launch("a")
        let set = ledger.state.desiredSet(of: node, seen: 1_000_000)
        #expect(set.full && set.instances.count == 1 && set.revision < 1_000_000)
    }

    @Test("a node that has acted on a higher generation is told a higher one still")
    func higherGeneration() throws {
        var ledger = PlayedLedger()
        let node = ledger.join(1)
        ledger.launch("a")
        let record = try #require(ledger.record("a"))
        var observed = ledger.observation(record, .running)
        observed.generation = 9
        ledger.apply(.report(.init(node: node, registration: nil, full: false, observed: [observed])))
        #expect(ledger.state.desiredSet(of: node, seen: 0).instances.first?.generation == 10)
    }
}
