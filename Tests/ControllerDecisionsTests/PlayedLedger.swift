import ClusterModel
import ControllerDecisions
import Placement

/// Sebastiano Vigna's splitmix64: the same seed gives the same play.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

func name(_ text: String) -> Name {
    guard let name = try? Name(text) else { preconditionFailure("“\(text)” is no name") }
    return name
}

/// A ledger with an image, nodes on demand and a clock that this test turns.
struct PlayedLedger {
    var state: ClusterState
    var now = Timestamp(milliseconds: 1_700_000_000_000)
    var uptime = Milliseconds.zero
    private var counter: UInt64 = 0

    init(sizes: Bool = true, image: Bool = true, recovery: RecoverySettings = RecoverySettings(), fence: FenceMoment? = nil) {
        state = ClusterState(
            settings: LedgerSettings(defaultSize: name("tiny"), defaultImage: name("tiny"), recovery: recovery, fence: fence))
        if sizes { for size in ClusterState.firstSizes { apply(.createSize(size)) } }
        if image { for image in [Self.image, Self.diskImage] { apply(.putImage(image)) } }
    }

    static let image = Image(
        id: identifier(1_000_000), name: name("tiny"), digest: digest("a"), format: .linux, architecture: .x86_64, bytes: 10, minimumDisk: .zero,
        createdAt: Timestamp(milliseconds: 0))

    /// Its guests write to a disk.
    static let diskImage = Image(
        id: identifier(1_000_001), name: name("debian"), digest: digest("b"), format: .raw, architecture: .x86_64, bytes: 10, minimumDisk: .zero,
        createdAt: Timestamp(milliseconds: 0))

    static func digest(_ digit: Character) -> Digest {
        guard let digest = Digest(hex: String(repeating: digit, count: 64)) else { preconditionFailure("64 hexadecimal digits are a digest") }
        return digest
    }

    static func identifier<Kind>(_ number: UInt64) -> ID<Kind> {
        let tail = String(number, radix: 16)
        let text = "00000000-0000-4000-8000-\(String(repeating: "0", count: 12 - tail.count))\(tail)"
        guard let id = ID<Kind>(text) else { preconditionFailure("\(text) is no UUID") }
        return id
    }

    mutating func newID<Kind>(_ kind: Kind.Type = Kind.self) -> ID<Kind> {
        counter += 1
        return Self.identifier(counter)
    }

    @discardableResult
    mutating func apply(_ command: Command) -> Outcome {
        now = now.advanced(by: Milliseconds(1000))
        uptime = uptime + Milliseconds(1000)
        return state.apply(command, at: now)
    }

    // MARK: Commands as people give them

    @discardableResult
    mutating func launch(
        _ text: String? = nil, size: String? = nil, image: String? = nil, count: Int = 1, queue: Bool = false, allOrNone: Bool = false,
        constraints: Constraints = Constraints(),
        groups: [Name] = [], recovery: RecoveryPolicy? = nil, ephemeral: Bool = false, priority: Int = 0
    ) -> Outcome {
        let ids = (0..<count).map { _ in (instance: newID(Instance.self), operation: newID(InstanceOperation.self)) }
        return apply(
            .launch(
                .init(
                    name: text.map(name), project: ClusterState.defaultProject, size: size.map(name), image: image.map(name), groups: groups,
                    constraints: constraints,
                    queue: queue, recovery: recovery, ephemeral: ephemeral, priority: priority, allOrNone: allOrNone, ids: ids)))
    }

    /// A label by which a launch can ask for one node.
    static func named(_ node: String) -> Label {
        guard let label = try? Label(key: "name", value: node) else { preconditionFailure("“\(node)” is no label") }
        return label
    }

    static func registration(
        _ text: String, cpus: Int64 = 4, memory: Int64 = 4096, labels: [Label] = [], migrates: Bool = false, range: IPv4Range? = nil
    ) -> NodeRegistration {
        NodeRegistration(
            name: name(text), labels: Labels(labels + [named(text)]), taints: [],
            facts: NodeFacts(
                architecture: .x86_64, kvm: .absent, vmm: .synthetic, vmmVersion: "1", agentVersion: "1", kernel: "6", traits: [], overhead: MiB(8),
                migration: migrates ? MigrationFacts(endpoint: "\(text):7481", machine: "tcg") : nil,
                network: range.map { NodeNetwork(mode: .bridge, range: $0) }),
            capacity: Capacity(total: Resources(cpu: MilliCPU(vcpus: cpus), memory: MiB(memory), disk: MiB(1 << 20))))
    }

    /// Node n is always the node with the id n.
    @discardableResult
    mutating func join(_ number: UInt64, cpus: Int64 = 4, memory: Int64 = 4096, migrates: Bool = false) -> NodeID {
        let id: NodeID = Self.identifier(2_000_000 + number)
        let registration = Self.registration("n\(number)", cpus: cpus, memory: memory, migrates: migrates)
        apply(.report(.init(node: id, registration: registration, full: true, observed: [])))
        return id
    }

    /// Not heard from for so long.
    @discardableResult
    mutating func silence(_ nodes: NodeID..., seconds: Int64, wasHeard: Bool = true) -> Outcome {
        let outcome = apply(
            .healthTick(
                nodes.map { .init(node: $0, age: Milliseconds(seconds: seconds), wasHeard: wasHeard, timing: HeartbeatTiming()) }, uptime: uptime))
        settle()
        return outcome
    }

    /// What the writer does after each batch.
    mutating func settle() {
        apply(.placePending(again: true))
        while state.pendingCursor != nil { apply(.placePending(again: false)) }
    }

    /// As after a restart: nothing but the rows is left.
    mutating func restart() {
        var again = ClusterState(settings: state.settings)
        again.restore(LedgerPropertyTests.rows(of: state), revision: state.revision)
        state = again
    }

    func record(_ text: String) -> InstanceRecord? {
        try? state.find(.name(ProjectName(project: ClusterState.defaultProject, name: name(text))))
    }

    func observation(_ record: InstanceRecord, _ observed: ObservedInstance.State, reason: String? = nil) -> ObservedInstance {
        ObservedInstance(
            id: record.id, name: record.instance.name, generation: record.instance.generation, state: observed, reason: reason,
            reboots: record.instance.spec.reboots, resources: record.instance.spec.resources)
    }

    /// The instance's node reports it in this state, at its latest generation.
    @discardableResult
    mutating func report(_ text: String, _ observed: ObservedInstance.State, reason: String? = nil) -> Outcome? {
        guard let record = record(text), let node = record.instance.placement?.node else { return nil }
        return apply(.report(.init(node: node, registration: nil, full: false, observed: [observation(record, observed, reason: reason)])))
    }
}

/// All that can be compared of a ledger.
struct LedgerImage: Equatable {
    var revision: Int64
    var nodes: [Int64: Node]
    var instances: [Int64: InstanceRecord]
    var sizes: [Int64: Size]
    var images: [Int64: Image]
    var operations: [Int64: InstanceOperation]
    var tombstones: [Int64: Tombstone]
    var keys: [Int64: SSHKey]
    var seeds: [Int64: KeptSeed]
    var volumes: [Int64: VolumeRecord]
    var snapshots: [Int64: Snapshot]
    var recovery: Recovery?
    var allocations: [Allocation]
    var placementNodes: [PlacementNode]
    var hasWork: Bool
    var expiries: [InstanceID]

    init(_ state: ClusterState) {
        func byKey<Value>(_ rows: some Sequence<Row<Value>>) -> [Int64: Value] {
            Dictionary(rows.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        }
        revision = state.revision
        nodes = byKey(state.nodes.values)
        instances = byKey(state.instances.values)
        sizes = byKey(state.sizes.values)
        images = byKey(state.images.values)
        operations = byKey(state.operations.values)
        tombstones = byKey(state.tombstones.values)
        keys = byKey(state.keys.values)
        seeds = byKey(state.seeds.values)
        volumes = byKey(state.storage.volumes.values)
        snapshots = byKey(state.storage.snapshots.values)
        recovery = state.recovery?.value
        placementNodes = state.engine.nodes
        allocations = placementNodes.flatMap { state.engine.allocations(on: $0.id) }
        hasWork = state.hasWork
        expiries = state.expiries(at: Timestamp(milliseconds: .max / 2))
    }
}
