import ClusterModel
import ControllerDecisions
import Placement
import Testing

/// What the ledger makes of volumes whose instance migrates. That none is lost or left behind, whatever fails, is with the sagas.
@Suite("volumes that migrate, in the ledger")
struct VolumeMigrationTests {
    private static let web = InstanceKey.name(ProjectName(project: ClusterState.defaultProject, name: name("web")))
    private static func key(_ text: String) -> VolumeKey { .name(ProjectName(project: ClusterState.defaultProject, name: name(text))) }

    /// An instance that runs on the first of two nodes, with volumes of 64 MiB.
    private static func cluster(_ volumes: String...) -> PlayedCluster {
        var cluster = PlayedCluster(nodes: 1)
        cluster.migrates = true
        cluster.register(cluster.nodeIDs[0])
        cluster.ledger.launch("web", recovery: .stay)
        for _ in 0..<4 { cluster.syncAll() }
        for text in volumes { attach(text, &cluster) }
        cluster.join(2, cpus: 8)
        return cluster
    }

    private static func attach(_ text: String, _ cluster: inout PlayedCluster) {
        cluster.apply(
            .storage(
                .createVolume(.init(id: cluster.ledger.newID(), name: name(text), project: ClusterState.defaultProject, size: MiB(64)))))
        cluster.apply(.storage(.attach(key(text), web, cluster.ledger.newID())))
        for _ in 0..<4 { cluster.syncAll() }
    }

    private static func migrate(_ cluster: inout PlayedCluster) -> String {
        let target = NodeKey.id(cluster.nodeIDs[1])
        let outcome = cluster.apply(.migrate(web, .init(operation: cluster.ledger.newID(), target: target)))
        if case .failure(let error) = outcome.result { return error.message }
        return ""
    }

    private static func disk(_ cluster: PlayedCluster, _ number: Int) -> MiB? {
        cluster.ledger.state.engine.usage(of: cluster.nodeIDs[number])?.disk
    }

    @Test("the volume is counted on both nodes from the decision on, and on the one that it has left until that node says that it is gone")
    func room() throws {
        var cluster = Self.cluster("data")
        cluster.syncAll()
        let alone = try #require(Self.disk(cluster, 0))
        #expect(Self.disk(cluster, 1) == .zero)
        #expect(Self.migrate(&cluster) == "")
        #expect(Self.disk(cluster, 0) == alone && Self.disk(cluster, 1) == alone)
        while (try cluster.ledger.state.find(Self.key("data"))).volume.node == cluster.nodeIDs[0] { cluster.syncAll() }
        let record = try #require(cluster.ledger.record("web"))
        #expect(record.instance.placement?.node == cluster.nodeIDs[1], "in one commit")
        cluster.agents[cluster.nodeIDs[0]]?.isCut = true
        for _ in 0..<6 { cluster.syncAll() }
        #expect(cluster.ledger.record("web")?.instance.status.state == .running)
        #expect(Self.disk(cluster, 0) == alone && Self.disk(cluster, 1) == alone, "the former node has not said anything")
        cluster.heal(cluster.nodeIDs[0])
        for _ in 0..<4 { cluster.syncAll() }
        #expect(Self.disk(cluster, 0) == .zero && Self.disk(cluster, 1) == alone)
    }

    @Test("a node without the pool, and one that still holds something of the volume, are refused with the reason")
    func refusals() throws {
        var cluster = Self.cluster("data")
        #expect(Self.migrate(&cluster).hasSuffix("that node has no storage pool “default”."))
        cluster.syncAll()
        #expect(Self.migrate(&cluster) == "")
        cluster.syncAll()
        let migration = try #require(cluster.ledger.record("web")?.migration)
        // The agent takes the instance away, and says nothing of the volume.
        cluster.apply(.cancel(migration.operation, deletion: cluster.ledger.newID()))
        #expect(try cluster.ledger.state.find(Self.key("data")).elsewhere.map(\.state) == [.leaving])
        #expect(Self.migrate(&cluster).contains("still takes away what it held"))
        for _ in 0..<4 { cluster.syncAll() }
        #expect(try cluster.ledger.state.find(Self.key("data")).elsewhere.isEmpty)
        #expect(Self.migrate(&cluster) == "")
    }

    @Test("an instance with a snapshot stays, with the snapshot's name and the way out")
    func snapshots() {
        var cluster = Self.cluster("data")
        cluster.apply(
            .storage(.createSnapshot(.init(id: cluster.ledger.newID(), operation: cluster.ledger.newID(), name: name("before"), instance: Self.web))))
        for _ in 0..<4 { cluster.syncAll() }
        let refusal = Self.migrate(&cluster)
        #expect(refusal.contains("snapshot “before” is inside its disks") && refusal.contains("export"), "\(refusal)")
    }

    @Test("a volume keeps its slot when others go, and the next takes the lowest that is free")
    func slots() throws {
        var cluster = Self.cluster("first", "second")
        cluster.apply(.storage(.detach(Self.key("first"), cluster.ledger.newID())))
        for _ in 0..<4 { cluster.syncAll() }
        #expect(cluster.ledger.record("web")?.storage?.volumes.map(\.port) == [1])
        Self.attach("third", &cluster)
        #expect(cluster.ledger.record("web")?.storage?.volumes.map(\.port) == [1, 0])
        cluster.apply(.storage(.updateVolume(Self.key("second"), .init(size: MiB(128)), cluster.ledger.newID())))
        #expect(cluster.ledger.record("web")?.storage?.volumes.map(\.port) == [1, 0], "growing moves nothing")
    }

    @Test("a volume whose node is removed while it migrates leaves the ledger when the other node has taken away what came")
    func nodeRemoved() throws {
        var cluster = Self.cluster("data")
        cluster.syncAll()
        #expect(Self.migrate(&cluster) == "")
        cluster.sync(cluster.nodeIDs[1])
        let home = cluster.nodeIDs[0]
        cluster.lose(home)
        cluster.apply(.removeNode(.id(home)))
        #expect(Self.disk(cluster, 1) == MiB(64), "what came is still there")
        for _ in 0..<4 { cluster.sync(cluster.nodeIDs[1]) }
        #expect(cluster.ledger.state.storage.volumes.isEmpty && Self.disk(cluster, 1) == .zero)
        #expect(cluster.agents[cluster.nodeIDs[1]]?.made.isEmpty == true)
    }
}
