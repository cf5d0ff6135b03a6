import ClusterModel
import ControllerDecisions
import Testing

@Suite("a node that lies")
struct LyingNodeTests {
    private static func observed(_ id: InstanceID, _ text: String, cpu: Int64 = 1000) -> ObservedInstance {
        ObservedInstance(
            id: id, name: name(text), generation: 1, state: .running, restarts: 0,
            resources: Resources(cpu: MilliCPU(cpu), memory: MiB(64), disk: MiB(64)))
    }

    private static func registration(_ text: String, cpu: Int64) -> NodeRegistration {
        NodeRegistration(
            name: name(text), labels: Labels(), taints: [],
            facts: NodeFacts(
                architecture: .x86_64, kvm: .absent, vmm: .synthetic, vmmVersion: "1", agentVersion: "t", kernel: "6", traits: [], overhead: .zero),
            capacity: Capacity(total: Resources(cpu: MilliCPU(cpu), memory: MiB(1 << 20), disk: MiB(1 << 20))))
    }

    private static func report(_ node: NodeID, _ text: String, cpu: Int64 = 8000, _ observed: [ObservedInstance] = []) -> Command {
        .report(NodeReport(node: node, registration: registration(text, cpu: cpu), full: true, observed: observed))
    }

    @Test("strangers that it reports take a bounded part of the ledger, again and again")
    func strangers() {
        var ledger = PlayedLedger()
        let node: NodeID = ledger.newID()
        for _ in 0..<3 {
            let strangers = (0..<3000).map { Self.observed(ledger.newID(), "s\($0)") }
            let outcome = ledger.state.apply(Self.report(node, "n1", strangers), at: ledger.now)
            #expect(outcome.effects.events.count(where: { $0.reason == "ReportLeftOut" }) == 1)
            #expect(ledger.state.instances.count <= LedgerSettings.Limit.strangersPerNode)
        }
    }

    @Test("what it says of another node's instance changes nothing of that, and is noted a few times only")
    func othersInstances() throws {
        var ledger = PlayedLedger()
        let (honest, liar): (NodeID, NodeID) = (ledger.newID(), ledger.newID())
        _ = ledger.state.apply(Self.report(honest, "n1", cpu: 64_000), at: ledger.now)
        var launch = Command.Launch(name: name("web"), project: name("default"), ids: (0..<40).map { _ in (ledger.newID(), ledger.newID()) })
        launch.allOrNone = true
        guard case .success(.launched(let launched)) = ledger.state.apply(.launch(launch), at: ledger.now).result else {
            Issue.record("nothing was launched")
            return
        }
        let before = ledger.state.instances.mapValues(\.value)
        let lies = launched.instances.map { Self.observed($0.id, $0.name.text, cpu: 999_000) }
        let outcome = ledger.state.apply(Self.report(liar, "n2", lies), at: ledger.now)
        #expect(ledger.state.instances.mapValues(\.value) == before)
        #expect(outcome.effects.events.count(where: { $0.reason == "InstanceSeenElsewhere" }) == 16)
        #expect(outcome.effects.events.count(where: { $0.reason == "ReportLeftOut" }) == 1)
    }

    @Test("a capacity beyond all bounds, or below nothing, is refused and changes nothing", arguments: [Int64.max, Int64.max / 2, -1, .min])
    func capacity(cpu: Int64) {
        var ledger = PlayedLedger()
        let node: NodeID = ledger.newID()
        let outcome = ledger.state.apply(Self.report(node, "n1", cpu: cpu), at: ledger.now)
        guard case .failure(let error) = outcome.result else {
            Issue.record("it was believed")
            return
        }
        #expect(error.code == .invalid && ledger.state.nodes.isEmpty)
    }
}
