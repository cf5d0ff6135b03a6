import ClusterModel
import ControllerDecisions
import Placement
import Testing

/// Volumes in the ledger, with a node that has a pool.
@Suite("volumes in the ledger")
struct VolumeTests {
    private static let data = VolumeKey.name(ProjectName(project: ClusterState.defaultProject, name: name("data")))
    private static let before = SnapshotKey.name(ProjectName(project: ClusterState.defaultProject, name: name("before")))

    private static func instance(_ text: String) -> InstanceKey { .name(ProjectName(project: ClusterState.defaultProject, name: name(text))) }

    /// Two nodes, and an instance that runs on the first.
    private static func cluster(recovery: RecoveryPolicy = .stay) -> PlayedCluster {
        var cluster = PlayedCluster(nodes: 1)
        cluster.ledger.launch("web", recovery: recovery)
        for _ in 0..<4 { cluster.syncAll() }
        cluster.join(2, cpus: 8)
        for _ in 0..<2 { cluster.syncAll() }
        return cluster
    }

    @discardableResult
    private static func create(_ cluster: inout PlayedCluster, size: Int64 = 64, format: VolumeFormat = .qcow2, node: NodeKey? = nil) -> Outcome {
        cluster.apply(
            .storage(
                .createVolume(
                    .init(
                        id: cluster.ledger.newID(), name: name("data"), project: ClusterState.defaultProject, size: MiB(size), format: format,
                        node: node))))
    }

    private static func attach(_ cluster: inout PlayedCluster, to text: String = "web") -> Outcome {
        cluster.apply(.storage(.attach(data, instance(text), cluster.ledger.newID())))
    }

    private static func message(_ outcome: Outcome) -> String {
        if case .failure(let error) = outcome.result { error.message } else { "" }
    }

    private static func code(_ outcome: Outcome) -> ErrorBody.Code? {
        if case .failure(let error) = outcome.result { error.code } else { nil }
    }

    private static func volume(_ cluster: PlayedCluster) -> Volume? { (try? cluster.ledger.state.find(data))?.volume }

    @Test("a volume is made where it is first attached, holds its room there, and outlives its instance")
    func life() throws {
        var cluster = Self.cluster()
        let home = cluster.nodeIDs[0]
        Self.create(&cluster)
        #expect(Self.volume(cluster)?.status.state == .pending)
        let used = cluster.ledger.state.engine.usage(of: home)?.disk
        _ = Self.attach(&cluster)
        #expect(Self.volume(cluster)?.node == home)
        #expect(cluster.ledger.state.engine.usage(of: home)?.disk == used.map { $0 + MiB(64) })
        #expect(Self.volume(cluster)?.attachment?.state == .attaching)
        for _ in 0..<4 { cluster.syncAll() }
        #expect(Self.volume(cluster)?.attachment?.state == .attached)
        #expect(Self.volume(cluster)?.status.state == .inUse)
        #expect(cluster.ledger.record("web")?.instance.spec.volumes == [name("data")])
        cluster.apply(.delete(Self.instance("web"), cluster.ledger.newID()))
        for _ in 0..<4 { cluster.syncAll() }
        #expect(cluster.ledger.record("web") == nil)
        #expect(Self.volume(cluster)?.status.state == .available)
        #expect(cluster.ledger.state.engine.usage(of: home)?.disk == MiB(64))
    }

    @Test("of two who attach, and of one who attaches and one who deletes, the second is told clearly")
    func conflicts() {
        var cluster = Self.cluster()
        cluster.ledger.launch("other", recovery: .stay)
        for _ in 0..<4 { cluster.syncAll() }
        Self.create(&cluster)
        _ = Self.attach(&cluster)
        let second = Self.attach(&cluster, to: "other")
        #expect(Self.code(second) == .conflict)
        #expect(Self.message(second) == "Volume “data” is attaching to instance “web”; detach it first.")
        let deletion = cluster.apply(.storage(.deleteVolume(Self.data)))
        #expect(Self.message(deletion) == "Volume “data” is attached to instance “web”; detach it first.")
        var other = Self.cluster()
        Self.create(&other)
        other.apply(.storage(.deleteVolume(Self.data)))
        #expect(Self.code(Self.attach(&other)) == .notFound)
    }

    @Test("a volume of one node does not come to an instance of another, nor to one that may be started anew elsewhere")
    func places() {
        var cluster = Self.cluster()
        Self.create(&cluster, node: .id(cluster.nodeIDs[1]))
        #expect(Self.message(Self.attach(&cluster)).contains("both must be on the same"))
        var fenced = Self.cluster(recovery: .fenced)
        Self.create(&fenced)
        #expect(Self.message(Self.attach(&fenced)).contains("fenced"))
    }

    @Test("an instance with a volume is not moved off its node, and the node is not removed with it")
    func stays() throws {
        var cluster = PlayedCluster(nodes: 1)
        cluster.ledger.launch("web", recovery: .stay, ephemeral: true)
        for _ in 0..<4 { cluster.syncAll() }
        cluster.join(2, cpus: 8)
        cluster.syncAll()
        #expect(cluster.ledger.record("web")?.mayMove == true)
        Self.create(&cluster)
        _ = Self.attach(&cluster)
        for _ in 0..<4 { cluster.syncAll() }
        #expect(cluster.ledger.record("web")?.mayMove == false)
        cluster.apply(.delete(Self.instance("web"), cluster.ledger.newID()))
        for _ in 0..<4 { cluster.syncAll() }
        let removal = cluster.apply(.removeNode(.id(cluster.nodeIDs[0])))
        #expect(Self.message(removal).contains("keeps 1 volume"))
    }

    @Test("what there is no room for is refused with what is left, and grows only up")
    func room() {
        var cluster = Self.cluster()
        let home = NodeKey.id(cluster.nodeIDs[0])
        #expect(Self.code(Self.create(&cluster, size: 2 << 20, node: home)) == .noCapacity)
        Self.create(&cluster, size: 64, node: home)
        for _ in 0..<2 { cluster.syncAll() }
        let smaller = cluster.apply(.storage(.updateVolume(Self.data, .init(size: MiB(32)), cluster.ledger.newID())))
        #expect(Self.message(smaller).contains("a volume can only grow"))
        let larger = cluster.apply(.storage(.updateVolume(Self.data, .init(size: MiB(2 << 20)), cluster.ledger.newID())))
        #expect(Self.code(larger) == .noCapacity)
        cluster.apply(.storage(.updateVolume(Self.data, .init(size: MiB(128)), cluster.ledger.newID())))
        for _ in 0..<2 { cluster.syncAll() }
        #expect(Self.volume(cluster)?.status.size == MiB(128))
    }

    @Test("a volume that can't be attached is taken back, and the operation says why")
    func failure() throws {
        var cluster = Self.cluster()
        Self.create(&cluster)
        _ = Self.attach(&cluster)
        cluster.agents[cluster.nodeIDs[0]]?.fails = true
        for _ in 0..<3 { cluster.syncAll() }
        cluster.agents[cluster.nodeIDs[0]]?.fails = false
        for _ in 0..<4 { cluster.syncAll() }
        #expect(Self.volume(cluster)?.attachment == nil)
        #expect(cluster.ledger.record("web")?.instance.spec.volumes == nil)
        let operation = try #require(cluster.ledger.state.operations.values.first { $0.value.kind == .attach }?.value)
        #expect(operation.state == .failed && operation.message == "it broke")
    }

    @Test("a snapshot holds its volume, and refuses raw ones and instances without a disk")
    func snapshots() {
        var cluster = Self.cluster()
        func take(_ cluster: inout PlayedCluster) -> Outcome {
            cluster.apply(
                .storage(
                    .createSnapshot(
                        .init(
                            id: cluster.ledger.newID(), operation: cluster.ledger.newID(), name: name("before"), instance: Self.instance("web")))))
        }
        #expect(Self.message(take(&cluster)).contains("has no disk"))
        Self.create(&cluster)
        _ = Self.attach(&cluster)
        for _ in 0..<4 { cluster.syncAll() }
        _ = take(&cluster)
        for _ in 0..<4 { cluster.syncAll() }
        #expect((try? cluster.ledger.state.find(Self.before))?.state == .ready)
        let detach = cluster.apply(.storage(.detach(Self.data, cluster.ledger.newID())))
        #expect(Self.message(detach).contains("part of snapshot “before”"))
        let restore = cluster.apply(.storage(.restore(Self.before, cluster.ledger.newID(), restart: false)))
        #expect(Self.message(restore).contains("add --restart"))
        var raw = Self.cluster()
        Self.create(&raw, format: .raw)
        _ = Self.attach(&raw)
        for _ in 0..<4 { raw.syncAll() }
        #expect(Self.message(take(&raw)).contains("is raw"))
    }

    @Test("a resize takes its room where the instance is, or says what is short there")
    func resize() throws {
        var cluster = Self.cluster()
        let home = cluster.nodeIDs[0]
        func resize(_ size: String, restart: Bool = true) -> Outcome {
            cluster.apply(.storage(.resize(Self.instance("web"), size: name(size), cluster.ledger.newID(), restart: restart)))
        }
        #expect(Self.message(resize("small", restart: false)).contains("add --restart"))
        _ = resize("small")
        let held = cluster.ledger.state.engine.allocation(of: try #require(cluster.ledger.record("web")).id)?.resources
        #expect(held?.memory == MiB(512 + 8) && cluster.ledger.state.engine.usage(of: home) == held)
        for _ in 0..<5 { cluster.syncAll() }
        #expect(cluster.ledger.record("web")?.instance.spec.size == name("small"))
        cluster.ledger.launch("filler", size: "medium", recovery: .stay)
        for _ in 0..<4 { cluster.syncAll() }
        let full = resize("large")
        #expect(Self.code(full) == .noCapacity)
        #expect(Self.message(full).contains("keeps its data there") || Self.message(full).contains("short"), "\(Self.message(full))")
    }
}
