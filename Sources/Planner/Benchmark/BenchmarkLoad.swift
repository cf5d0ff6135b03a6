import ClusterModel
import FoundationEssentials
import Placement

/// A cluster of nodes that are about four fifths full, and requests against it.
struct BenchmarkLoad {
    private var engine: PlacementEngine
    private var random = BenchmarkRandom(state: 20_261_122)
    private var live: [InstanceID] = []
    private let nodeCount: Int
    private var nodeIDs: [NodeID] = []

    private static let nodesInRack = 40
    private static let vcpus: Int64 = 32
    private static let gpu = name("gpu")
    private static let shapes: [(vcpus: Int64, memory: Int64, disk: Int64)] = [
        (1, 2048, 10_240), (1, 4096, 20_480), (2, 4096, 20_480), (2, 8192, 40_960), (4, 8192, 40_960), (4, 16384, 81_920), (8, 32768, 81_920),
        (1, 1024, 0), (2, 16384, 20_480), (3, 6144, 30_720),
    ]

    var instances: Int { live.count }

    init(nodes: Int, policy: PlacementPolicy) {
        engine = PlacementEngine(policy: policy)
        nodeCount = max(1, nodes)
    }

    private static func name(_ text: String) -> Name {
        guard let name = try? Name(text) else { preconditionFailure("“\(text)” is no name") }
        return name
    }

    private static func label(_ key: String, _ value: String) -> Label {
        guard let label = try? Label(key: key, value: value) else { preconditionFailure("“\(key)=\(value)” is no label") }
        return label
    }

    // MARK: The cluster

    /// False when it was cancelled.
    mutating func fill(_ isCancelled: () -> Bool) -> Bool {
        for number in 0..<nodeCount {
            add(node: number)
            if number % 256 == 0, isCancelled() { return false }
        }
        return true
    }

    private mutating func add(node number: Int) {
        let id: NodeID = random.id()
        nodeIDs.append(id)
        let rack = number / Self.nodesInRack
        let labels = Labels([
            Self.label("zone", "z\(rack % 3)"), Self.label("rack", "r\(rack)"), Self.label("disk", number % 2 == 0 ? "ssd" : "hdd"),
            Self.label("generation", "g\(rack % 5)"),
        ])
        let devices = number % 10 == 0 ? [Resources.DeviceCount(name: Self.gpu, count: 4)] : []
        engine.setNode(
            PlacementNode(
                id: id, name: Self.name("node-\(number)"), labels: labels, traits: ["kvm.native", "cpu.avx2"],
                allocatable: Resources(
                    cpu: MilliCPU(vcpus: Self.vcpus), memory: MiB(Self.vcpus * 4096), disk: MiB(Self.vcpus * 32_768), devices: devices),
                overhead: MiB(64)))
        // From 60 to 100 % of the node's CPU.
        let target = Self.vcpus * Int64(60 + random.below(41)) / 100
        var taken: Int64 = 0
        while taken < target {
            let shape = Self.shapes[random.below(Self.shapes.count)]
            var allocation = Allocation(instance: random.id(), node: id, resources: resources(shape))
            allocation.resources.memory += MiB(64)
            allocation.groups = group(for: rack, number)
            guard (try? engine.allocate(allocation)) != nil else { break }
            live.append(allocation.instance)
            taken += shape.vcpus
        }
    }

    private mutating func resources(_ shape: (vcpus: Int64, memory: Int64, disk: Int64)) -> Resources {
        Resources(cpu: MilliCPU(vcpus: shape.vcpus), memory: MiB(shape.memory), disk: MiB(shape.disk))
    }

    private mutating func group(for rack: Int, _ number: Int) -> [Name] {
        if number % 10 == 0, random.below(4) == 0 { return [Self.name("large")] }
        if rack > 0, number % Self.nodesInRack == 1 { return [Self.name("everywhere")] }
        return random.below(10) < 3 ? [anyGroup()] : []
    }

    /// Groups of about twenty instances.
    private mutating func anyGroup() -> Name { Self.name("group-\(random.below(max(1, nodeCount / 6)))") }

    // MARK: Decisions

    /// Places and allocates, and releases another instance. False where no node fits.
    mutating func turnOver(_ template: PlacementRequest) -> Bool {
        var request = template
        request.instance = random.id()
        guard let decision = try? engine.place(request), (try? engine.allocate(decision.allocation)) != nil else { return false }
        let place = random.below(live.count)
        engine.release(live[place])
        live[place] = request.instance
        return true
    }

    mutating func placeAndUndo(_ request: PlacementRequest) -> Bool {
        guard let decision = try? engine.place(request), (try? engine.allocate(decision.allocation)) != nil else { return false }
        engine.release(request.instance)
        return true
    }

    mutating func requests(of mix: BenchmarkMix, count: Int) -> [PlacementRequest] {
        (0..<count).map { _ in
            var request = PlacementRequest(instance: random.id(), resources: resources(Self.shapes[random.below(Self.shapes.count)]))
            constrain(&request, mix)
            return request
        }
    }

    private mutating func constrain(_ request: inout PlacementRequest, _ mix: BenchmarkMix) {
        let racks = max(1, (nodeCount + Self.nodesInRack - 1) / Self.nodesInRack)
        let anyRack = Self.label("rack", "r\(random.below(racks))")
        switch mix {
        case .unconstrained: break
        case .usual: constrainUsually(&request)
        case .commonLabels: request.constraints.require = [Self.label("zone", "z0"), Self.label("disk", "ssd")]
        case .oneRack: request.constraints.require = [anyRack]
        case .contradictingLabels: request.constraints.require = [Self.label("zone", "z0"), Self.label("rack", "r1")]
        case .largeGroupApart: apart(&request, Self.name("large"), nil)
        case .lastRackApart: apart(&request, Self.name("everywhere"), "rack")
        case .together: request.constraints.affinity = [.init(group: Self.name("large"))]
        case .spreadOverRacks:
            let group = anyGroup()
            request.groups = [group]
            request.constraints.spread = [.init(group: group, domain: "rack")]
        case .unfulfillableWishes:
            request.constraints.prefer = [anyRack, Self.label("generation", "g1"), Self.label("disk", "nvme")]
            request.constraints.antiAffinity = [.init(group: Self.name("everywhere"), domain: "zone", hard: false)]
        case .devices: request.resources.devices = [.init(name: Self.gpu, count: 1)]
        case .everything:
            constrainUsually(&request)
            request.constraints.require = [Self.label("disk", "ssd")]
            request.constraints.prefer = [anyRack, Self.label("generation", "g1")]
            let group = anyGroup()
            request.constraints.spread = [.init(group: group, domain: "rack"), .init(group: group, domain: "generation", hard: false)]
            request.traits = ["cpu.avx2"]
        case .tooLarge: request.resources.memory = MiB(Self.vcpus * 4096)
        }
    }

    /// 30 % of the requests have labels, anti-affinity or both; 3 % want a device.
    private mutating func constrainUsually(_ request: inout PlacementRequest) {
        if random.below(100) < 3 { request.resources.devices = [.init(name: Self.gpu, count: 1)] }
        let kind = random.below(100)
        if kind < 20 { request.constraints.require = [random.below(2) == 0 ? Self.label("zone", "z1") : Self.label("disk", "ssd")] }
        if kind >= 10, kind < 30 { apart(&request, anyGroup(), random.below(2) == 0 ? nil : "rack") }
    }

    private func apart(_ request: inout PlacementRequest, _ group: Name, _ domain: String?) {
        request.groups = [group]
        request.constraints.antiAffinity = [.init(group: group, domain: domain)]
    }
}

/// SplitMix64.
private struct BenchmarkRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }

    mutating func id<Kind>() -> ID<Kind> {
        var bytes = (next(), next())
        return withUnsafeBytes(of: &bytes) { ID(UUID(uuid: $0.loadUnaligned(as: uuid_t.self))) }
    }
}
