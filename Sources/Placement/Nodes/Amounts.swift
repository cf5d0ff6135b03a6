import ClusterModel

/// Milli-vCPU, MiB of memory and MiB of disk: the resources that every node has. Arithmetic wraps, so that what was added can always be taken off again
/// exactly.
package struct Amounts: Hashable, BitwiseCopyable, Sendable {
    package var cpu: Int64
    package var memory: Int64
    package var disk: Int64

    static let zero = Amounts(cpu: 0, memory: 0, disk: 0)

    init(cpu: Int64, memory: Int64, disk: Int64) {
        self.cpu = cpu
        self.memory = memory
        self.disk = disk
    }

    init(_ resources: Resources) {
        self.init(cpu: resources.cpu.count, memory: resources.memory.count, disk: resources.disk.count)
    }

    static func + (left: Self, right: Self) -> Self {
        Amounts(cpu: left.cpu &+ right.cpu, memory: left.memory &+ right.memory, disk: left.disk &+ right.disk)
    }

    static func - (left: Self, right: Self) -> Self {
        Amounts(cpu: left.cpu &- right.cpu, memory: left.memory &- right.memory, disk: left.disk &- right.disk)
    }

    /// CPU and disk that are not needed are never short. Memory always counts, since every instance takes some.
    func holds(_ need: Amounts) -> Bool {
        (cpu >= need.cpu || need.cpu <= 0) && memory >= need.memory && (disk >= need.disk || need.disk <= 0)
    }

    func resources(devices: [Resources.DeviceCount]) -> Resources {
        Resources(cpu: MilliCPU(cpu), memory: MiB(memory), disk: MiB(disk), devices: devices)
    }
}
