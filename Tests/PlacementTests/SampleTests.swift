import ClusterModel
import Placement
import Testing

struct SampleTests {
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
