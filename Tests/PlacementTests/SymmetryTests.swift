import ClusterModel
import Placement
import Testing

/// An instance that must be apart from a group keeps the group away as the group keeps it away.
struct SymmetryTests {
    private var engine: PlacementEngine
    private let nodes: [PlacementNode]
    private var random = SeededGenerator(seed: 7)
    private let web = RandomCluster.name("web")

    init() {
        engine = PlacementEngine(policy: .pack)
        var random = SeededGenerator(seed: 1)
        nodes = (0..<4).map { number in
            PlacementNode(
                id: random.id(), name: RandomCluster.name("n\(number)"), labels: Labels([RandomCluster.label("rack=r\(number / 2)")]),
                allocatable: Resources(cpu: MilliCPU(vcpus: 8), memory: MiB(8192), disk: .zero))
        }
        for node in nodes { engine.setNode(node) }
    }

    private mutating func request(group: Bool, apartIn domain: String?? = nil) -> PlacementRequest {
        var request = PlacementRequest(
            instance: random.id(), resources: Resources(cpu: MilliCPU(vcpus: 1), memory: MiB(512), disk: .zero), groups: group ? [web] : [])
        if let domain { request.constraints.antiAffinity = [.init(group: web, domain: domain)] }
        return request
    }

    private mutating func put(_ request: PlacementRequest, on node: PlacementNode) throws {
        let allocation = try #require(engine.allocation(for: request, on: node.id))
        try engine.allocate(allocation)
    }

    @Test("on the node, and only while it is there")
    mutating func node() throws {
        let hermit = request(group: false, apartIn: .some(nil))
        try put(hermit, on: nodes[0])
        let member = request(group: true)
        let verdict = try #require(engine.explain(member).nodes.first)
        #expect(verdict.refusals == [.shunned(group: web, domain: nil)])
        #expect(!engine.admits(member, on: nodes[0].id))
        #expect(engine.admits(request(group: false), on: nodes[0].id))
        #expect(try engine.place(member).node != nodes[0].id)
        engine.release(hermit.instance)
        #expect(engine.admits(member, on: nodes[0].id))
    }

    @Test("in the whole rack")
    mutating func rack() throws {
        try put(request(group: false, apartIn: "rack"), on: nodes[0])
        let member = request(group: true)
        #expect(nodes.map { engine.admits(member, on: $0.id) } == [false, false, true, true])
        try put(request(group: false, apartIn: "rack"), on: nodes[3])
        let refused = #expect(throws: NoPlacement.self) { try engine.place(member) }
        #expect(refused?.counts == [.init(reason: "shunned", nodes: 4)])
    }

    @Test("the journal takes it back")
    mutating func journal() throws {
        let hermit = try #require(engine.allocation(for: request(group: false, apartIn: .some(nil)), on: nodes[0].id))
        let before = engine
        engine.apply(.allocated(hermit))
        engine.apply(PlacementStep.allocated(hermit).inverted)
        let member = request(group: true)
        #expect(engine.explain(member) == before.explain(member))
    }
}
