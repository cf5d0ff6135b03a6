import ClusterModel
import ControllerDecisions
import Testing

@Suite("proofs that a node runs nothing")
struct FencingTests {
    private func cluster(fence: FenceMoment?) -> (PlayedLedger, NodeID) {
        var ledger = PlayedLedger(fence: fence)
        let first = ledger.join(1)
        ledger.launch("web", recovery: .fenced)
        ledger.launch("db")
        ledger.report("web", .running)
        ledger.join(2)
        ledger.join(3)
        return (ledger, first)
    }

    private func home(_ ledger: PlayedLedger) -> String? { ledger.record("web")?.instance.placement?.nodeName.text }

    private func attempt(_ ledger: PlayedLedger, _ node: NodeID, succeeded: Bool, since: Timestamp? = nil) -> Command {
        let since = since ?? ledger.state.nodes[node]?.value.silence?.since ?? ledger.now
        return .fenced(.init(node: node, since: since, succeeded: succeeded, attempt: 1, attempts: 3, output: "chassis power is off"))
    }

    @Test("an operator's word about a suspect node is enough at once; about one that answers it is refused")
    func confirmDead() throws {
        var (ledger, node) = cluster(fence: nil)
        let error = try #require(throws: ErrorBody.self) { try ledger.apply(.confirmDead(.id(node), diskGone: false)).result.get() }
        #expect(error.code == .conflict && error.message.contains("alive"))
        ledger.silence(node, seconds: 12)
        _ = try ledger.apply(.confirmDead(.id(node), diskGone: false)).result.get()
        #expect(ledger.state.nodes[node]?.value.health == .lost)
        ledger.settle()
        #expect(home(ledger) == "n2")
        #expect(ledger.record("db")?.instance.placement?.node == node, "what stays, stays")
        #expect(ledger.state.owesRemoval(node))
        _ = try ledger.apply(.confirmDead(.id(node), diskGone: true)).result.get()
        #expect(!ledger.state.owesRemoval(node), "a disk that is gone holds nothing to take away")
    }

    @Test("with a fence command the end of a lease is no proof for a node whose guard covers nothing; its success is")
    func hook() {
        var (ledger, node) = cluster(fence: .lost)
        ledger.silence(node, seconds: 12)
        #expect(ledger.state.nodesToFence.isEmpty)
        ledger.silence(node, seconds: 40)
        #expect(home(ledger) == "n1")
        #expect(ledger.state.nodesToFence.map(\.id) == [node])
        let failure = ledger.apply(attempt(ledger, node, succeeded: false))
        #expect(failure.effects.events.map(\.reason) == ["FenceFailed"] && ledger.state.nodesToFence.count == 1)
        let success = ledger.apply(attempt(ledger, node, succeeded: true))
        #expect(success.effects.events.first?.message.contains("chassis power is off") ?? false)
        ledger.settle()
        #expect(home(ledger) == "n2" && ledger.state.nodesToFence.isEmpty)
    }

    @Test("a watchdog is proof enough without it")
    func watchdog() {
        var ledger = PlayedLedger(fence: .lost)
        var registration = PlayedLedger.registration("n1")
        registration.facts.fencing = .watchdog
        let node: NodeID = ledger.newID()
        ledger.apply(.report(.init(node: node, registration: registration, full: true, observed: [])))
        ledger.launch("web", recovery: .fenced)
        ledger.join(2)
        ledger.silence(node, seconds: 40)
        #expect(home(ledger) == "n2")
    }

    @Test("a success that comes after the node was heard from again proves nothing")
    func late() throws {
        var (ledger, node) = cluster(fence: .suspect)
        ledger.silence(node, seconds: 12)
        let since = try #require(ledger.state.nodes[node]?.value.silence?.since)
        #expect(ledger.state.nodesToFence.map(\.id) == [node])
        ledger.apply(.report(.init(node: node, registration: nil, full: true, observed: [])))
        #expect(ledger.apply(attempt(ledger, node, succeeded: true, since: since)).effects.events.map(\.reason) == ["FenceOutdated"])
        #expect(ledger.state.nodes[node]?.value.health == .alive)
        ledger.silence(node, seconds: 12)
        ledger.apply(attempt(ledger, node, succeeded: true, since: since))
        #expect(ledger.state.nodes[node]?.value.health == .suspect, "it speaks of an earlier silence")
        ledger.apply(attempt(ledger, node, succeeded: true))
        ledger.settle()
        #expect(ledger.state.nodes[node]?.value.health == .lost && home(ledger) == "n2")
    }
}
