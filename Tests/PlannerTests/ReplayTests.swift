import ClusterModel
import Foundation
import Planner
import Testing

@Suite("replaying traces")
struct ReplayTests {
    static func random(_ seed: UInt64, count: Int = 400) -> Trace {
        var generator = SeededGenerator(seed: seed)
        return Trace(
            vms: (0..<count).map { _ in
                let start = Double(generator.below(1000)) / 100 - 1
                let cpu = Int64(1 + generator.below(8)) * 10_000
                let end = generator.below(5) == 0 ? Double.infinity : max(0, start) + Double(generator.below(400)) / 100
                return Trace.VM(cpu: cpu, memory: cpu * Int64(1 + generator.below(8)), start: start, end: end)
            })
    }

    static func node() throws -> ReplayNode { try #require(ReplayNode(cpu: 16, memory: 64)) }

    @Test("no policy needs fewer nodes than the bound, and with the fewest it found nothing is refused", arguments: PlacementPolicy.allCases)
    func bound(policy: PlacementPolicy) throws {
        for seed in UInt64(0)..<4 {
            let trace = Self.random(seed)
            let replay = Replay(trace, node: try Self.node(), policy: policy)
            let fewest = try #require(replay.fewestNodes)
            #expect(fewest >= replay.lowerBoundNodes)
            #expect(Replay(trace, node: try Self.node(), policy: policy, nodes: fewest).refused == 0)
            #expect(try #require(replay.nodeHoursRatio) >= 0.999 || replay.refused > 0)
        }
    }

    @Test("VMs that fit no node are skipped and counted, and refusals are counted where nodes are too few")
    func counting() throws {
        let trace = Trace(vms: [
            .init(cpu: 170_000, memory: 10_000, start: 0, end: 5), .init(cpu: 160_000, memory: 10_000, start: 0, end: 5),
            .init(cpu: 160_000, memory: 10_000, start: 1, end: 5), .init(cpu: 160_000, memory: 10_000, start: 5, end: 6),
        ])
        let replay = Replay(trace, node: try Self.node(), policy: .pack, nodes: 1)
        #expect(replay.skipped == 1)
        #expect(replay.arrivals == 3)
        // At 5 the departures come before the arrival.
        #expect(replay.refused == 1)
        #expect(replay.fewestNodes == nil)
        #expect(Replay(trace, node: try Self.node(), policy: .pack).fewestNodes == 2)
    }

    @Test("a trace without VMs, or one without length, has an answer too")
    func empty() throws {
        let none = Replay(Trace(vms: []), node: try Self.node(), policy: .pack)
        #expect(none.fewestNodes == 0)
        #expect(none.nodeHoursRatio == nil)
        let moment = Replay(Trace(vms: [.init(cpu: 1, memory: 1, start: 0, end: .infinity)]), node: try Self.node(), policy: .pack)
        #expect(moment.fewestNodes == 1)
    }

    @Test("the sample is packed better than by best fit")
    func sample() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        var reader = TraceReader(
            columns: try TraceColumns("id=vmId,vcpus=cores,memory=ram,start=starttime,end=endtime"), file: "azure-cospot-sample.csv")
        try reader.consume(try Data(contentsOf: root.appending(path: "docs/samples/azure-cospot-sample.csv")))
        let trace = try reader.finish()
        let node = try #require(ReplayNode(cpu: 2400, memory: 768))
        let pack = Replay(trace, node: node, policy: .pack, sampleCount: 50)
        let best = Replay(trace, node: node, policy: .bestFitL2)
        #expect(try #require(pack.fewestNodes) <= (try #require(best.fewestNodes)))
        #expect(try #require(pack.nodeHoursRatio) < (try #require(best.nodeHoursRatio)))
        #expect(pack.samples.count == 50)
        #expect(pack.samples.allSatisfy { $0.usedNodes >= $0.boundNodes })
    }

    @Test("told when each VM ends, the policy holds nodes for a shorter time, and it refuses no more")
    func lifetimes() throws {
        var (with, without) = (0.0, 0.0)
        for seed in UInt64(0)..<6 {
            var generator = SeededGenerator(seed: seed)
            // Two in three stay for an hour or two, the others for days.
            let trace = Trace(
                vms: (0..<1500).map { _ in
                    let start = Double(generator.below(10_000)) / 1000
                    let length = generator.below(3) == 0 ? Double(1000 + generator.below(4000)) / 1000 : Double(40 + generator.below(80)) / 1000
                    let cpu = Int64(1 + generator.below(4)) * 10_000
                    return Trace.VM(cpu: cpu, memory: cpu * Int64(2 + generator.below(4)), start: start, end: start + length)
                })
            let told = Replay(trace, node: try Self.node(), policy: .pack, lifetimeUnit: Milliseconds(seconds: 86_400))
            let untold = Replay(trace, node: try Self.node(), policy: .pack)
            #expect(told.lifetimes && !untold.lifetimes)
            #expect(told.lowerBoundNodes == untold.lowerBoundNodes)
            with += try #require(told.nodeHoursRatio)
            without += try #require(untold.nodeHoursRatio)
        }
        #expect(with < 0.97 * without, "\(with / 6) with lifetimes, \(without / 6) without")
    }

    @Test("what the progress throws ends the replay at once")
    func interrupting() throws {
        #expect(throws: CancellationError.self) {
            _ = try Replay(Self.random(1), node: try Self.node(), policy: .pack) { _, _ in throw CancellationError() }
        }
    }
}
