import ClusterModel
import Simulator
import Testing

@Suite("seeds")
struct SeedTests {
    static func settings(_ seed: UInt64, nodes: Int = 5, instances: Int = 20, planted: PlantedFault? = nil) -> SimulationSettings {
        SimulationSettings(
            seed: seed, shape: .even(nodes: nodes, instances: instances), instances: instances, length: .seconds(1200), planted: planted)
    }

    #if DEBUG
        static let seeds: ClosedRange<UInt64> = 1...30
    #else
        static let seeds: ClosedRange<UInt64> = 1...200
    #endif

    @Test("nothing that goes wrong breaks a promise", arguments: seeds)
    func clean(seed: UInt64) {
        let violation = SimulationRun.run(Self.settings(seed)).violation
        #expect(
            violation == nil, "seed \(seed): \(violation?.promise.rawValue ?? "") at \(violation?.at.description ?? ""): \(violation?.what ?? "")")
    }

    @Test("a larger cluster with few faults, and with many", arguments: [UInt64(1001), 1002, 1003])
    func larger(seed: UInt64) {
        let violation = SimulationRun.run(Self.settings(seed, nodes: 20, instances: 200)).violation
        #expect(violation == nil, "seed \(seed): \(violation?.what ?? "")")
    }

    @Test("the same seed is the same run", arguments: [UInt64(1), 2, 3])
    func same(seed: UInt64) {
        let first = SimulationRun.run(Self.settings(seed))
        let second = SimulationRun.run(Self.settings(seed))
        #expect(first.traceHash == second.traceHash)
        #expect(first.happenings == second.happenings)
        #expect(first.happenings > 1000)
    }

    @Test("another seed is another run")
    func other() { #expect(SimulationRun.run(Self.settings(1)).traceHash != SimulationRun.run(Self.settings(2)).traceHash) }

    @Test("clients get most of what they ask for, so that there is something to break")
    func busy() { #expect(SimulationRun.run(Self.settings(2)).acknowledged > 30) }
}
