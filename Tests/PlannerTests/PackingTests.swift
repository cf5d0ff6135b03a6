import ClusterModel
import Planner
import Testing

@Suite("packing a list into the fewest bins")
struct PackingTests {
    static func random(_ seed: UInt64) throws -> PackingInstance {
        var generator = SeededGenerator(seed: seed)
        let dimensions = 1 + generator.below(6)
        // Past 32,767 the search uses wide lanes.
        let capacity = (0..<dimensions).map { _ in generator.below(2) == 0 ? 100 : 70_000 }
        let items = (0..<1 + generator.below(40)).map { _ in capacity.map { generator.below($0 * 6 / 10) } }
        return try #require(PackingInstance(capacity: capacity, items: items))
    }

    @Test("every packing is valid and at or above its bound", arguments: UInt64(0)..<150)
    func validity(seed: UInt64) throws {
        let instance = try Self.random(seed)
        let plan = PackingPlan(instance, steps: 100_000)
        #expect(instance.accepts(plan.bins))
        #expect(plan.nodes == plan.bins.count)
        #expect(plan.lowerBound <= plan.nodes)
        #expect(PackingBound.volume(instance) <= plan.lowerBound)
        #expect(plan.provenOptimal == (plan.lowerBound == plan.nodes))
    }

    @Test("no bound exceeds the true optimum of a small instance", arguments: UInt64(0)..<120)
    func boundsAreTrue(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 1000)
        let capacity = Array(repeating: 20, count: 1 + generator.below(3))
        let least = generator.below(6)
        let items = (0..<7).map { _ in capacity.map { _ in least + generator.below(15) } }
        let instance = try #require(PackingInstance(capacity: capacity, items: items))
        let optimum = Self.optimum(instance, item: 0, bins: [])
        #expect(PackingBound.best(instance) <= optimum)
        let plan = PackingPlan(instance, steps: 200_000)
        #expect(plan.lowerBound <= optimum)
        #expect(plan.nodes == optimum, "seven items are few enough to pack them best")
    }

    /// By trying everything.
    static func optimum(_ instance: PackingInstance, item: Int, bins: [[Int]]) -> Int {
        guard item < instance.count else { return bins.count }
        var best = Self.optimum(instance, item: item + 1, bins: bins + [[item]])
        for index in bins.indices {
            let fits = (0..<instance.dimensions).allSatisfy { dimension in
                (bins[index] + [item]).reduce(0) { $0 + instance.size($1, dimension) } <= instance.capacity[dimension]
            }
            guard fits else { continue }
            var changed = bins
            changed[index].append(item)
            best = min(best, optimum(instance, item: item + 1, bins: changed))
        }
        return best
    }

    @Test("the same instance, steps and seed give the same packing")
    func determinism() throws {
        let instance = try Self.random(7)
        #expect(PackingPlan(instance, steps: 50_000).bins == PackingPlan(instance, steps: 50_000).bins)
    }

    @Test("triplets that fill every bin exactly are packed without waste")
    func triplets() throws {
        var generator = SeededGenerator(seed: 5)
        let items = (0..<40).flatMap { _ in
            let first = (0..<4).map { _ in 25 + generator.below(25) }
            let second = (0..<4).map { _ in 25 + generator.below(25) }
            return [first, second, (0..<4).map { 100 - first[$0] - second[$0] }]
        }
        let instance = try #require(PackingInstance(capacity: [100, 100, 100, 100], items: items.sorted { $0.lexicographicallyPrecedes($1) }))
        let plan = PackingPlan(instance)
        #expect(plan.nodes == 40)
        #expect(plan.provenOptimal)
    }

    @Test("an item that gives room instead of taking it is packed where it helps")
    func negativeSizes() throws {
        let instance = try #require(PackingInstance(capacity: [10, 10], items: [[8, 4], [-3, 2], [5, 4]]))
        let plan = PackingPlan(instance)
        #expect(instance.accepts(plan.bins))
        #expect(plan.nodes == 1)
    }

    @Test("a search that is told to stop says so and keeps what it has")
    func stopping() throws {
        var generator = SeededGenerator(seed: 3)
        let items = (0..<200).map { _ in (0..<3).map { _ in 5 + generator.below(45) } }
        let instance = try #require(PackingInstance(capacity: [100, 100, 100], items: items))
        let plan = PackingPlan(instance, stop: { true })
        #expect(instance.accepts(plan.bins))
        #expect(plan.interrupted != plan.provenOptimal)
    }
}

@Suite("reading .vbp files")
struct VBPReaderTests {
    @Test("items with a demand become as many items")
    func demand() throws {
        let instance = try VBPReader.read(Array("2\n10 20\n2\n3 4 2\n5 6 1\n".utf8), file: "a.vbp")
        #expect(instance.count == 3)
        #expect(instance.capacity == [10, 20])
        #expect(instance.sizes == [3, 4, 3, 4, 5, 6])
    }

    @Test(
        "a bad file is refused with its line",
        arguments: [
            ("", "a.vbp:1: the file ends where the number of dimensions should be."),
            ("2\n10\n", "a.vbp:3: the file ends where the capacity of dimension 2 should be."),
            ("1\n10\n1\n3 x\n", "a.vbp:4: “x” is no whole number: the demand of item type 1 is expected here."),
            ("1\n10\n1\nnan 1\n", "a.vbp:4: “nan” is no whole number: the size of item type 1 in dimension 1 is expected here."),
            ("1\n10\n1\n11 1\n", "a.vbp:4: item type 1 fits no bin: it needs 11 of 10 in dimension 1."),
            ("1\n10\n1\n3 -1\n", "a.vbp:4: the demand of item type 1 is -1: expected 0 to 100000."),
            ("1\n10\n1\n3 1\n7\n", "a.vbp:5: there is more after the last item type."),
            ("99999999999999999999\n", "a.vbp:1: “99999999999999999999” is no whole number: the number of dimensions is expected here."),
            ("1\n10\n2\n3 100000\n3 100000\n", "a.vbp:5: more than 100000 items: pack them in parts."),
        ])
    func refusals(text: String, sentence: String) {
        #expect {
            try VBPReader.read(Array(text.utf8), file: "a.vbp")
        } throws: {
            "\($0)" == sentence
        }
    }
}
