/// What an instance needs or a node has. Devices are counts by name ("gpu"), held in name order.
package struct Resources: Hashable, Sendable, Codable {
    package var cpu: MilliCPU
    package var memory: MiB
    package var disk: MiB
    package var devices: [DeviceCount]

    package struct DeviceCount: Hashable, Sendable, Codable {
        package var name: Name
        package var count: Int64
        package init(name: Name, count: Int64) {
            self.name = name
            self.count = count
        }
    }

    /// Larger than any machine, and small enough that sums over a million allocations can't overflow.
    package static let maximumAmount: Int64 = 1 << 42

    package init(cpu: MilliCPU, memory: MiB, disk: MiB, devices: [DeviceCount] = []) {
        self.cpu = cpu
        self.memory = memory
        self.disk = disk
        self.devices = devices.isEmpty ? devices : devices.filter { $0.count != 0 }.sorted { $0.name < $1.name }
    }

    package static let zero = Resources(cpu: .zero, memory: .zero, disk: .zero)

    private enum CodingKeys: String, CodingKey { case cpu = "milliCPU", memory = "memoryMiB", disk = "diskMiB", devices }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            cpu: try fields.decode(MilliCPU.self, forKey: .cpu), memory: try fields.decode(MiB.self, forKey: .memory),
            disk: try fields.decode(MiB.self, forKey: .disk), devices: try fields.decodeIfPresent([DeviceCount].self, forKey: .devices) ?? [])
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(cpu, forKey: .cpu)
        try fields.encode(memory, forKey: .memory)
        try fields.encode(disk, forKey: .disk)
        if !devices.isEmpty { try fields.encode(devices, forKey: .devices) }
    }

    package func count(of device: Name) -> Int64 { devices.first { $0.name == device }?.count ?? 0 }

    package static func + (left: Self, right: Self) -> Self { left.combined(with: right, +) }
    package static func - (left: Self, right: Self) -> Self { left.combined(with: right, -) }
    package static func += (left: inout Self, right: Self) { left = left + right }
    package static func -= (left: inout Self, right: Self) { left = left - right }

    private func combined(with other: Self, _ join: (Int64, Int64) -> Int64) -> Self {
        var counts = devices
        for device in other.devices where !counts.contains(where: { $0.name == device.name }) {
            counts.append(DeviceCount(name: device.name, count: 0))
        }
        for index in counts.indices { counts[index].count = join(counts[index].count, other.count(of: counts[index].name)) }
        return Resources(
            cpu: MilliCPU(join(cpu.count, other.cpu.count)), memory: MiB(join(memory.count, other.memory.count)),
            disk: MiB(join(disk.count, other.disk.count)), devices: counts)
    }
}
