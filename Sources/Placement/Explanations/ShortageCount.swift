import ClusterModel

/// Nodes that are merely too full: by what they are short of first, and those that come nearest. Says the same as refusals node by node, without making them.
struct ShortageCount {
    /// What is missing; zero and less where nothing is.
    private struct Missing: Hashable {
        var amounts: Amounts
        var devices: [Int64]
    }

    private let need: Resources
    private let amounts: Amounts
    private var cpu = 0
    private var memory = 0
    private var disk = 0
    private var devices: [Int]
    private var distance = Double.infinity
    /// At that distance, in the order in which they were met: with the free amounts of one node, and how many.
    private var nearest: [(free: Resources, overhead: MiB, count: Int)] = []
    private var places: [Missing: Int] = [:]
    private var last: (missing: Missing, place: Int)?

    init(need: Resources) {
        self.need = need
        amounts = Amounts(need)
        devices = Array(repeating: 0, count: need.devices.count)
    }

    /// `devices` gives how many are free of each that is needed.
    mutating func count(room: Amounts, overhead: Int64, devices free: () -> [Int64]) {
        var short = amounts - room
        if amounts.cpu <= 0 { short.cpu = 0 }
        if amounts.disk <= 0 { short.disk = 0 }
        let isCounted = countFirst(short)
        if isFarther(short, overhead: overhead) { return }
        var missing = Missing(amounts: short, devices: [])
        let freeDevices = need.devices.isEmpty ? [] : free()
        for (place, count) in freeDevices.enumerated() { missing.devices.append(max(0, need.devices[place].count - count)) }
        if !isCounted, let place = missing.devices.firstIndex(where: { $0 > 0 }) { devices[place] += 1 }
        let distance = self.distance(missing, overhead: overhead)
        guard distance <= self.distance else { return }
        if distance < self.distance {
            self.distance = distance
            nearest = []
            places = [:]
            last = nil
        }
        add(missing, room: room, overhead: overhead, freeDevices)
    }

    /// False where it is short of none of the three.
    private mutating func countFirst(_ short: Amounts) -> Bool {
        if short.cpu > 0 {
            cpu += 1
        } else if short.memory > 0 {
            memory += 1
        } else if short.disk > 0 {
            disk += 1
        } else {
            return false
        }
        return true
    }

    /// Without a division, and never true of one that is as near: most nodes are farther than the nearest so far.
    private func isFarther(_ short: Amounts, overhead: Int64) -> Bool {
        let reach = distance * Self.beyond
        func isBeyond(_ missing: Int64, _ need: Int64) -> Bool { missing > 0 && Double(missing) > reach * Double(need) }
        return isBeyond(short.cpu, amounts.cpu) || isBeyond(short.memory, amounts.memory &+ overhead) || isBeyond(short.disk, amounts.disk)
    }

    /// More than any rounding.
    private static let beyond = 1 + 1e-9

    private func distance(_ missing: Missing, overhead: Int64) -> Double {
        var distance = 0.0
        func reach(_ missing: Int64, _ need: Int64) {
            if missing > 0 { distance = max(distance, NearestMiss.distance(missing: missing, need: need)) }
        }
        reach(missing.amounts.cpu, amounts.cpu)
        reach(missing.amounts.memory, amounts.memory &+ overhead)
        reach(missing.amounts.disk, amounts.disk)
        for (place, count) in missing.devices.enumerated() { reach(count, need.devices[place].count) }
        return distance
    }

    private mutating func add(_ missing: Missing, room: Amounts, overhead: Int64, _ freeDevices: [Int64]) {
        var missing = missing
        missing.amounts = Amounts(cpu: max(0, missing.amounts.cpu), memory: max(0, missing.amounts.memory), disk: max(0, missing.amounts.disk))
        if let last, last.missing == missing {
            nearest[last.place].count += 1
            return
        }
        let place = places[missing] ?? nearest.count
        if place == nearest.count {
            places[missing] = place
            var free = room.resources(
                devices: zip(need.devices, freeDevices).map { Resources.DeviceCount(name: $0.name, count: $1) })
            free.memory += MiB(overhead)
            nearest.append((free, MiB(overhead), 0))
        }
        nearest[place].count += 1
        last = (missing, place)
    }

    var firstReasons: [(reason: String, count: Int)] {
        var found = [(Resource.cpu, cpu), (.memory, memory), (.disk, disk)]
        for (place, count) in devices.enumerated() { found.append((.device(need.devices[place].name), count)) }
        return found.map { (Refusal.short(of: $0.0, need: 0, free: 0).reason, $0.1) }
    }

    var nearestMiss: NearestMiss {
        var nearestMiss = NearestMiss()
        for (free, overhead, count) in nearest { nearestMiss.add(free.shortages(of: need.with(overhead: overhead)), nodes: count) }
        return nearestMiss
    }
}
