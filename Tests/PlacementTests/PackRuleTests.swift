import ClusterModel
import Placement
import Testing

/// The order of nodes under `pack`: in use, then empty, then in use but stranding too much.
struct PackRuleTests {
    private var engine = PlacementEngine(policy: .pack)
    private var random = SeededGenerator(seed: 3)

    private mutating func node(_ name: String, vcpus: Int64, gibibytes: Int64) -> PlacementNode {
        let node = PlacementNode(
            id: random.id(), name: RandomCluster.name(name),
            allocatable: Resources(cpu: MilliCPU(vcpus: vcpus), memory: MiB(gibibytes << 10), disk: .zero))
        engine.setNode(node)
        return node
    }

    private mutating func request(vcpus: Int64, gibibytes: Int64) -> PlacementRequest {
        PlacementRequest(
            instance: random.id(), resources: Resources(cpu: MilliCPU(vcpus: vcpus), memory: MiB(gibibytes << 10), disk: .zero))
    }

    private mutating func put(_ vcpus: Int64, _ gibibytes: Int64, on node: PlacementNode) throws {
        let allocation = try #require(engine.allocation(for: request(vcpus: vcpus, gibibytes: gibibytes), on: node.id))
        try engine.allocate(allocation)
    }

    @Test("a node in use comes before an empty one, however much smaller the empty one's rest would be")
    mutating func usedFirst() throws {
        let large = node("large", vcpus: 40, gibibytes: 40)
        _ = node("small", vcpus: 2, gibibytes: 2)
        try put(1, 1, on: large)
        #expect(try engine.place(request(vcpus: 2, gibibytes: 2)).node == large.id)
    }

    @Test("an empty one is opened where a node in use would strand its room, but only while hardly more are in use than needed")
    mutating func opening() throws {
        let nodes = ["a", "b", "c", "d"].map { node($0, vcpus: 20, gibibytes: 20) }
        try put(20, 20, on: nodes[0])
        try put(20, 20, on: nodes[1])
        try put(17, 12, on: nodes[2])
        // It would leave CPU there without memory, and CPU is what more is wanted of. 2.85 nodes are needed of it, and 3 in use.
        #expect(try engine.place(request(vcpus: 0, gibibytes: 8)).node == nodes[2].id)
        // Now 2.95 are needed, and a thirty-third more is at least 3.
        try put(2, 0, on: nodes[2])
        let greedy = request(vcpus: 0, gibibytes: 8)
        #expect(try engine.place(greedy).node == nodes[3].id)
        let scores = engine.explain(greedy).nodes
        #expect(try #require(scores[3].score) < (try #require(scores[2].score)))
    }
}
