import ClusterModel
import Placement
import Testing

/// What `--expires-in` does for placement under `pack`.
struct LifetimeTests {
    private var engine = PlacementEngine(policy: .pack)
    private var random = SeededGenerator(seed: 5)

    private mutating func node(_ name: String) -> NodeID {
        let node = PlacementNode(
            id: random.id(), name: RandomCluster.name(name),
            allocatable: Resources(cpu: MilliCPU(vcpus: 16), memory: MiB(16 << 10), disk: .zero))
        engine.setNode(node)
        return node.id
    }

    private mutating func request(hours: Int64?) -> PlacementRequest {
        PlacementRequest(
            instance: random.id(), resources: Resources(cpu: MilliCPU(vcpus: 2), memory: MiB(2 << 10), disk: .zero),
            expiresAt: hours.map { Timestamp(milliseconds: 1_790_000_000_000 + $0 * 3_600_000) })
    }

    @discardableResult
    private mutating func put(hours: Int64?, on node: NodeID) throws -> InstanceID {
        let allocation = try #require(engine.allocation(for: request(hours: hours), on: node))
        try engine.allocate(allocation)
        return allocation.instance
    }

    @Test("an instance goes where the others end about when it does, and a fuller node does not change that")
    mutating func together() throws {
        let (endless, soon, later) = (node("a"), node("b"), node("c"))
        for _ in 0..<4 { try put(hours: nil, on: endless) }
        try put(hours: 6, on: soon)
        try put(hours: 200, on: later)
        #expect(try engine.place(request(hours: 6)).node == soon)
        #expect(try engine.place(request(hours: 190)).node == later)
        #expect(try engine.place(request(hours: nil)).node == endless)
        // Neither the nearest end nor the fullest node: it would hold the one for long, and leave the other long before.
        #expect(try engine.place(request(hours: 150)).node == later)
    }

    @Test("no empty node is taken for the sake of lifetimes")
    mutating func noNewNode() throws {
        let used = node("z")
        _ = node("a")
        try put(hours: 1, on: used)
        for hours in [nil, 1000, 5] as [Int64?] { #expect(try engine.place(request(hours: hours)).node == used) }
    }

    @Test("a node's end follows from who is there, also after the last to end has left")
    mutating func leaving() throws {
        let (first, second) = (node("a"), node("b"))
        try put(hours: 5, on: first)
        let last = try put(hours: 500, on: first)
        try put(hours: 100, on: second)
        try put(hours: 100, on: second)
        #expect(try engine.place(request(hours: 480)).node == first)
        engine.release(last)
        #expect(try engine.place(request(hours: 480)).node == second)
        #expect(try engine.place(request(hours: 5)).node == first)
    }

    @Test("where all ends at one time, every score is the one that it is where nothing ends")
    mutating func nothingEnds() throws {
        let nodes = (0..<6).map { node("n\($0)") }
        let empty = engine
        for (index, node) in nodes.enumerated() { for _ in 0..<index { try put(hours: nil, on: node) } }
        var asked = request(hours: nil)
        let endless = engine.explain(asked)
        engine = empty
        for (index, node) in nodes.enumerated() { for _ in 0..<index { try put(hours: 50, on: node) } }
        #expect(engine.explain(asked) != endless)
        asked.expiresAt = request(hours: 50).expiresAt
        #expect(engine.explain(asked) == endless)
    }

    @Test("ends before 1970 and beyond every calendar are ends too")
    mutating func extremes() throws {
        let used = node("a")
        for milliseconds in [Int64.min, -1, 0, .max] {
            var request = request(hours: nil)
            request.expiresAt = Timestamp(milliseconds: milliseconds)
            let decision = try engine.place(request)
            #expect(decision.node == used && decision.score.isFinite)
            try engine.allocate(decision.allocation)
            #expect(engine.release(request.instance)?.expiresAt == request.expiresAt)
            try engine.allocate(decision.allocation)
        }
    }
}
