import ClusterModel
import Placement

/// Makes nodes, requests and steps that press on every kind of constraint, with few distinct values so that they meet.
struct RandomCluster {
    var random: SeededGenerator
    private var named = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    static func name(_ text: String) -> Name { try! Name(text) }
    static func label(_ text: String) -> Label { try! Label(text) }

    static let groups = ["web", "db", "cache"].map(name)
    static let images = (0..<3).map { Digest(hex: String(repeating: String($0), count: 64))! }
    private static let gpu = name("gpu")
    private static let nic = name("nic")

    mutating func node() -> PlacementNode {
        named += 1
        // A long common beginning, so that names are also compared beyond their first bytes.
        let stem = random.chance(30) ? "machine-in-the-far-corner-" : "n"
        return node(id: random.id(), name: Self.name("\(stem)\(random.below(1_000_000))-\(named)"))
    }

    mutating func node(id: NodeID, name: Name) -> PlacementNode {
        var labels = Labels()
        if random.chance(90) { labels.set(Self.label("zone=z\(random.below(3))")) }
        if random.chance(80) { labels.set(Self.label("rack=r\(random.below(6))")) }
        if random.chance(50) { labels.set(Self.label("disk=\(random.pick(["ssd", "hdd"]))")) }
        if random.chance(40) { labels.set(Self.label("row=\(random.below(4))")) }
        if random.chance(25) { labels.set(Self.label("pool=\(random.pick(["blue", "green"]))")) }
        var taints: [Taint] = []
        if random.chance(10) { taints.append(Taint(label: Self.label("dedicated=blue"))) }
        if random.chance(10) { taints.append(Taint(label: Self.label("noisy=yes"), effect: .preferNoPlace)) }
        if random.chance(5) { taints.append(Taint(label: Self.label("broken=disk"))) }
        var devices: [Resources.DeviceCount] = []
        if random.chance(20) { devices.append(.init(name: Self.gpu, count: Int64(1 + random.below(4)))) }
        if random.chance(10) { devices.append(.init(name: Self.nic, count: 2)) }
        let scale = Int64(random.pick([1, 1, 1, 2, 4]))
        return PlacementNode(
            id: id, name: name, labels: labels, taints: taints, architecture: random.chance(90) ? .x86_64 : .aarch64,
            traits: ["kvm.native", "cpu.avx2"].filter { _ in random.chance(70) },
            allocatable: Resources(
                cpu: MilliCPU(vcpus: 16 * scale), memory: MiB(65536 * scale - Int64(random.below(3)) * 512), disk: MiB(500_000), devices: devices),
            overhead: MiB(Int64(random.pick([0, 64, 80]))), admission: random.chance(90) ? .open : random.pick([.cordoned, .draining, .stale]),
            images: Self.images.filter { _ in random.chance(30) })
    }

    mutating func request() -> PlacementRequest {
        var request = PlacementRequest(instance: random.id(), resources: resources())
        if random.chance(40) { request.groups = [random.pick(Self.groups)] }
        if random.chance(5) { request.groups += [random.pick(Self.groups), random.pick(Self.groups)] }
        if random.chance(60) { request.constraints = constraints() }
        if random.chance(20) { request.traits = ["kvm.native"] }
        if random.chance(30) { request.image = random.pick(Self.images) }
        if random.chance(2) { request.image = Digest(hex: String(repeating: "f", count: 64)) }
        if random.chance(50) { request.expiresAt = Timestamp(milliseconds: Int64(random.below(40) - 5) * 3 * 3_600_000) }
        return request
    }

    private mutating func resources() -> Resources {
        var devices: [Resources.DeviceCount] = []
        if random.chance(10) { devices.append(.init(name: Self.gpu, count: Int64(1 + random.below(2)))) }
        if random.chance(5) { devices.append(.init(name: Self.nic, count: 1)) }
        if random.chance(1) { devices.append(.init(name: Self.name("unheard-of"), count: 1)) }
        let vcpus = random.pick([0, 1, 1, 2, 4, 8, 20])
        return Resources(
            cpu: MilliCPU(Int64(vcpus) * 1000 + Int64(random.below(2)) * 500), memory: MiB(Int64(random.pick([0, 512, 2048, 4096, 16384, 40000]))),
            disk: MiB(Int64(random.pick([0, 0, 10_000, 100_000]))), devices: devices)
    }

    private mutating func constraints() -> Constraints {
        var constraints = Constraints()
        if random.chance(25) { constraints.require.append(Self.label("disk=ssd")) }
        if random.chance(15) { constraints.require.append(Self.label("rack=r\(random.below(7))")) }
        if random.chance(25) { constraints.prefer.append(Self.label("zone=z\(random.below(4))")) }
        if random.chance(10) { constraints.prefer.append(Self.label("row=\(random.below(5))")) }
        if random.chance(15) { constraints.tolerate.append(Toleration(key: random.pick(["dedicated", "broken", "noisy"]))) }
        if random.chance(10) { constraints.traits.append("cpu.avx2") }
        if random.chance(10) { constraints.architecture = random.pick([.x86_64, .aarch64]) }
        if random.chance(15) { constraints.pool = Self.name(random.pick(["blue", "green"])) }
        for _ in 0..<random.below(2) {
            constraints.antiAffinity.append(.init(group: random.pick(Self.groups), domain: domain(), hard: random.chance(50)))
        }
        if random.chance(15) {
            constraints.affinity.append(.init(group: random.pick(Self.groups), domain: domain(), hard: random.chance(50)))
        }
        if random.chance(20) {
            constraints.spread.append(
                .init(
                    group: random.pick(Self.groups), domain: random.pick(["zone", "rack", "row", "nowhere"]), maximumSkew: random.below(3),
                    hard: random.chance(50)))
        }
        return constraints
    }

    private mutating func domain() -> String? { random.pick([nil, "zone", "rack", "row", "nowhere"]) }
}
