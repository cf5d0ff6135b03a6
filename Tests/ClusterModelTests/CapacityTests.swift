import ClusterModel
import Testing

@Suite("capacity")
struct CapacityTests {
    @Test("room is (total - reserved) * ratio, never below zero, and devices are never overcommitted")
    func allocatable() throws {
        let gpu = try Name("gpu")
        let capacity = Capacity(
            total: Resources(cpu: MilliCPU(4000), memory: MiB(1000), disk: MiB(10), devices: [.init(name: gpu, count: 2)]),
            reserved: Resources(cpu: MilliCPU(1000), memory: MiB(1), disk: MiB(20)), overcommit: .init(cpuPercent: 200, memoryPercent: 150))
        #expect(capacity.allocatable.cpu == MilliCPU(6000))
        #expect(capacity.allocatable.memory == MiB(1498))
        #expect(capacity.allocatable.disk == .zero)
        #expect(capacity.allocatable.count(of: gpu) == 2)
    }

    @Test("adding and taking away resources with unlike devices gives back what was there")
    func arithmetic() throws {
        let a = Resources(cpu: MilliCPU(1), memory: MiB(2), disk: MiB(3), devices: [.init(name: try Name("gpu"), count: 1)])
        let b = Resources(cpu: MilliCPU(5), memory: MiB(7), disk: MiB(9), devices: [.init(name: try Name("fpga"), count: 4)])
        #expect(a + b - b == a)
        #expect(a + b == b + a)
    }
}
