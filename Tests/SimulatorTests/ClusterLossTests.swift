import ClusterModel
import Simulator
import Testing

@Suite("a cluster that loses some of its machines")
struct ClusterLossTests {
    /// Ten machines in four racks, and an instance for each of them.
    static func loss(_ lost: [Int], recovery: RecoveryPolicy = .fenced, isResumed: Bool = false) throws -> ClusterLoss {
        let shape = ClusterShape.even(nodes: 10, instances: 10)
        let size = Size(name: try Name("web"), resources: Resources(cpu: MilliCPU(1000), memory: MiB(128), disk: .zero))
        let names = try (1...10).map { try Name("web-\($0)") }
        var apart = Constraints()
        apart.antiAffinity = [.init(group: size.name, hard: false)]
        return ClusterLoss(
            shape: shape, sizes: [size],
            workloads: names.map { .init(name: $0, size: size.name, groups: [size.name], constraints: apart, recovery: recovery) }, lost: lost,
            isResumed: isResumed)
    }

    @Test("one machine: what was fenced there runs elsewhere soon after the lease is surely over")
    func one() throws {
        let report = LossReport(try Self.loss([3]))
        #expect(report.violation == nil && report.hold == nil && report.lostNodes.map(\.text) == ["n4"])
        let moved = try #require(report.instances.first)
        #expect(report.instances.count == 1 && moved.from.text == "n4" && moved.to != nil && moved.state == .running)
        let lost = try #require(report.lostAfterSeconds)
        let after = try #require(moved.afterSeconds)
        #expect((30.0...40.0).contains(lost) && after >= lost && after < lost + 10)
        #expect(report.events.contains { $0.reason == "InstanceRecovering" && $0.message.contains("lease of node “n4” is over") })
    }

    @Test("more than the brake allows: nothing moves before an operator says so")
    func brake() throws {
        let held = LossReport(try Self.loss([0, 4, 8]))
        #expect(held.hold?.contains("3 of 10 nodes") ?? false)
        #expect(held.instances.count == 3 && held.elsewhere == 0 && held.instances.allSatisfy { $0.state == .unknown })
        let resumed = LossReport(try Self.loss([0, 4, 8], isResumed: true))
        #expect(resumed.hold == nil && resumed.elsewhere == 3 && resumed.violation == nil)
    }

    @Test("what stays is unknown for as long as its machine is gone")
    func stays() throws {
        let report = LossReport(try Self.loss([3], recovery: .stay))
        #expect(report.instances.map(\.state) == [.unknown] && report.elsewhere == 0)
    }
}
