import ClusterModel
import ControllerDecisions
import Testing

@Suite("the brake on automatic recovery")
struct RecoveryBrakeTests {
    /// Five nodes with a fenced instance on the first; of five, one may be lost.
    private func cluster(_ recovery: RecoverySettings = RecoverySettings()) -> (PlayedLedger, [NodeID]) {
        var ledger = PlayedLedger(recovery: recovery)
        let first = ledger.join(1)
        ledger.launch("web", recovery: .fenced)
        ledger.report("web", .running)
        let others = (2...5).map { ledger.join($0) }
        return (ledger, [first] + others)
    }

    private func home(_ ledger: PlayedLedger) -> String? { ledger.record("web")?.instance.placement?.nodeName.text }

    private func isElsewhere(_ ledger: PlayedLedger) -> Bool { home(ledger).map { $0 != "n1" } ?? false }

    @Test("more nodes than the share are lost at once: nothing is recovered, a restart keeps it, an operator's word ends it")
    func share() throws {
        var (ledger, nodes) = cluster()
        ledger.silence(nodes[0], nodes[1], seconds: 40)
        #expect(home(ledger) == "n1")
        let hold = try #require(ledger.state.recovery?.value.hold)
        #expect(hold.reason == .manyNodesLost && hold.message.contains("2 of 5 nodes"))
        ledger.restart()
        ledger.settle()
        #expect(home(ledger) == "n1")
        ledger.apply(.resumeRecovery)
        ledger.settle()
        #expect(isElsewhere(ledger) && ledger.state.recovery?.value.hold == nil)
        ledger.silence(nodes[2], seconds: 40)
        #expect(ledger.state.recovery?.value.hold == nil, "what was lost before the operator's word does not count again")
    }

    @Test("as many as the share are recovered, and those lost long before do not count")
    func window() {
        var (ledger, nodes) = cluster()
        ledger.silence(nodes[4], seconds: 40)
        ledger.uptime = ledger.uptime + Milliseconds(seconds: 601)
        ledger.silence(nodes[0], seconds: 40)
        #expect(isElsewhere(ledger) && ledger.state.recovery?.value.hold == nil)
    }

    @Test("a wall clock that jumps hides no loss, before and after an operator's word", arguments: [7200, -7200] as [Int64])
    func wallClock(jump: Int64) {
        var (ledger, nodes) = cluster()
        ledger.silence(nodes[4], seconds: 40)
        ledger.now = ledger.now.advanced(by: Milliseconds(seconds: jump))
        ledger.silence(nodes[0], seconds: 40)
        #expect(home(ledger) == "n1" && ledger.state.recovery?.value.hold?.reason == .manyNodesLost)

        (ledger, nodes) = cluster()
        ledger.apply(.holdRecovery(.operatorsWord, message: "a switch is exchanged."))
        ledger.apply(.resumeRecovery)
        ledger.now = ledger.now.advanced(by: Milliseconds(seconds: jump))
        ledger.silence(nodes[4], nodes[0], seconds: 40)
        #expect(home(ledger) == "n1" && ledger.state.recovery?.value.hold?.reason == .manyNodesLost)
    }

    @Test("nodes that were lost under the controller before count as if it had been at this one's start")
    func lostBefore() {
        var (ledger, nodes) = cluster()
        ledger.silence(nodes[4], seconds: 40)
        ledger.restart()
        ledger.uptime = Milliseconds(seconds: 60)
        ledger.silence(nodes[0], seconds: 40)
        #expect(home(ledger) == "n1" && ledger.state.recovery?.value.hold?.reason == .manyNodesLost)
    }

    @Test("one node is always allowed, in the smallest cluster too")
    func small() {
        var ledger = PlayedLedger()
        let first = ledger.join(1)
        ledger.launch("web", recovery: .fenced)
        ledger.join(2)
        ledger.silence(first, seconds: 40)
        #expect(home(ledger) == "n2")
    }

    @Test("while others are silent too, recovery waits to see what they are; if they come back, it goes on by itself")
    func suspects() {
        var (ledger, nodes) = cluster()
        ledger.silence(nodes[1], nodes[2], seconds: 12)
        ledger.silence(nodes[0], seconds: 40)
        #expect(home(ledger) == "n1")
        #expect(ledger.state.recoveryWaits?.contains("3 of 5 nodes are silent") ?? false)
        for node in [nodes[1], nodes[2]] { ledger.apply(.report(.init(node: node, registration: nil, full: true, observed: []))) }
        ledger.settle()
        #expect(isElsewhere(ledger))
    }

    @Test("a controller that has never heard from a node does not call it dead by itself")
    func unheard() throws {
        var (ledger, nodes) = cluster()
        ledger.silence(nodes[0], seconds: 40, wasHeard: false)
        #expect(home(ledger) == "n1")
        let hold = try #require(ledger.state.recovery?.value.hold)
        #expect(hold.reason == .controllerStarted && hold.message.contains("“n1”"))
    }

    @Test("nodes that hold nothing fenced stop nobody's recovery")
    func nothingFenced() {
        var (ledger, nodes) = cluster()
        ledger.silence(nodes[1], nodes[2], nodes[3], seconds: 40, wasHeard: false)
        #expect(ledger.state.recovery?.value.hold == nil)
    }

    @Test("an operator holds and resumes; what waits after a loss waits on; an old copy of the ledger places nothing at all")
    func holds() {
        var (ledger, nodes) = cluster()
        ledger.apply(.holdRecovery(.operatorsWord, message: "a switch is exchanged."))
        ledger.silence(nodes[0], seconds: 40)
        #expect(home(ledger) == "n1")
        ledger.apply(.resumeRecovery)
        ledger.settle()
        #expect(isElsewhere(ledger))

        var (old, _) = cluster()
        old.apply(.holdRecovery(.restoredStore, message: "restored from a backup."))
        old.launch("whale", size: "large", queue: true)
        old.join(6, cpus: 8, memory: 16384)
        old.settle()
        #expect(old.record("whale")?.instance.status.state == .pending)
        old.apply(.resumeRecovery)
        old.settle()
        #expect(old.record("whale")?.instance.status.state == .scheduled)
    }

    @Test("a node that is back before recovery goes on keeps what it has")
    func backInTime() throws {
        var (ledger, nodes) = cluster()
        ledger.silence(nodes[0], nodes[1], seconds: 40)
        let web = ledger.observation(try #require(ledger.record("web")), .running)
        ledger.apply(.report(.init(node: nodes[0], registration: nil, full: true, observed: [web])))
        ledger.apply(.resumeRecovery)
        ledger.settle()
        #expect(home(ledger) == "n1" && ledger.state.tombstones.isEmpty)
    }
}
