import ClusterModel
import Placement
import Testing

struct CapacityHistoryTests {
    private static func sample(_ milliseconds: Int64) -> CapacitySample {
        CapacitySample(at: Timestamp(milliseconds: milliseconds), nodes: 1, instances: Int(milliseconds), allocatable: .zero, allocated: .zero)
    }

    @Test("it is bounded, keeps the first and the newest, and forgets the more the farther back")
    func bounded() throws {
        var history = CapacityHistory(limit: 64, interval: Milliseconds(10))
        for number in Int64(0)..<10_000 {
            let isTaken = history.add(Self.sample(number * 10))
            #expect(isTaken)
            #expect(history.samples.count <= 64)
        }
        let times = history.samples.map(\.at.milliseconds)
        #expect(times.first == 0 && times.last == 99_990)
        #expect(times == times.sorted())
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(gaps.last == 10)
        #expect(try #require(gaps.first) >= 10_000)
        #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0 >= $1 })
    }

    @Test("what comes too soon, or from a clock that went back, is not taken")
    func tooSoon() {
        var history = CapacityHistory(limit: 64, interval: Milliseconds(10))
        let taken = [100, 109, 50, 110].map { history.add(Self.sample($0)) }
        #expect(taken == [true, false, false, true])
        #expect(history.samples.map(\.at.milliseconds) == [100, 110])
    }

    @Test("a sample says what the engine holds", arguments: PlacementPropertyTests.seeds.prefix(3))
    func engine(seed: UInt64) {
        var model = EngineModel(seed: seed, policy: .pack, nodes: 20)
        for _ in 0..<200 { model.step() }
        let sample = model.engine.sample(at: Timestamp(milliseconds: 7))
        #expect(sample.nodes == model.nodes.count && sample.instances == model.allocations.count)
        let allocatable = model.nodes.values.reduce(Resources.zero) { $0 + $1.allocatable }
        let allocated = model.allocations.values.reduce(Resources.zero) { $0 + $1.resources }
        #expect((sample.allocatable.cpu, sample.allocatable.memory) == (allocatable.cpu, allocatable.memory))
        #expect((sample.allocated.cpu, sample.allocated.memory, sample.allocated.disk) == (allocated.cpu, allocated.memory, allocated.disk))
    }
}
