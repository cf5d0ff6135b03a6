import ClusterModel

extension Resources {
    /// The same with each amount brought into `0 ... maximumAmount`, so that no sum over a cluster overflows whatever was reported.
    var bounded: Resources {
        func isBounded(_ amount: Int64) -> Bool { amount >= 0 && amount <= Self.maximumAmount }
        if isBounded(cpu.count), isBounded(memory.count), isBounded(disk.count), devices.allSatisfy({ isBounded($0.count) }) { return self }
        func bounded(_ amount: Int64) -> Int64 { min(max(0, amount), Self.maximumAmount) }
        return Resources(
            cpu: MilliCPU(bounded(cpu.count)), memory: MiB(bounded(memory.count)), disk: MiB(bounded(disk.count)),
            devices: devices.map { DeviceCount(name: $0.name, count: bounded($0.count)) })
    }

    func with(overhead: MiB) -> Resources {
        var sum = self
        sum.memory += overhead
        return sum
    }

    /// What of `need` is not there, in the order cpu, memory, disk, devices by name. What is not needed is never short, but for
    /// memory, of which every instance takes some.
    func shortages(of need: Resources) -> [Refusal] {
        var found: [Refusal] = []
        func compare(_ resource: Resource, _ need: Int64, _ free: Int64) {
            if need > free, need > 0 || resource == .memory { found.append(.short(of: resource, need: need, free: free)) }
        }
        compare(.cpu, need.cpu.count, cpu.count)
        compare(.memory, need.memory.count, memory.count)
        compare(.disk, need.disk.count, disk.count)
        for device in need.devices { compare(.device(device.name), device.count, count(of: device.name)) }
        return found
    }
}
