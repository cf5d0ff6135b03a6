import ClusterModel
import ControllerDecisions
import Placement
import Testing

/// Every operation of more than one step is a state of the ledger from which its next step follows, so the undo of a step is the way back to that state.
/// Whatever goes wrong at whichever step, it ends, and after its undo nothing of it is left.
@Suite("operations of several steps")
struct SagaTests {
    enum Saga: String, CaseIterable, Sendable {
        case launch, queuedLaunch, start, stop, reboot, delete, move, recovery, drainWithStop, migrateLive, migrateStaying, migrateCold, drainLive
        case migrateVolume, migrateVolumeCold
        case attach, detach, grow, snapshot, deleteSnapshot, restore, resize, rebuild

        var isOfDisks: Bool {
            switch self {
            case .attach, .detach, .grow, .snapshot, .deleteSnapshot, .restore, .resize, .rebuild, .migrateVolume, .migrateVolumeCold: true
            case .launch, .queuedLaunch, .start, .stop, .reboot, .delete, .move, .recovery, .drainWithStop, .migrateLive, .migrateStaying,
                .migrateCold, .drainLive:
                false
            }
        }
    }

    enum Fault: String, CaseIterable, Sendable {
        case commit, restart, repeated, lostAnswer, agentRestart, instanceFails, nodeLost, nodeGone, peerLost, peerGone, cancelled
    }

    /// More than any saga here takes.
    static let steps = 8

    @Test(
        "each, with each fault at each of its steps, ends, runs nothing twice, and leaves nothing after its undo",
        arguments: Saga.allCases, Fault.allCases)
    func faults(saga: Saga, fault: Fault) throws {
        for step in 0..<Self.steps {
            var played = try Played(saga)
            let about = "\(saga) with \(fault) at step \(step)"
            for number in 0..<Self.steps {
                if number == step { try played.begin(fault) }
                played.cluster.syncAll()
                played.check(about)
                if number == step { played.end(fault) }
            }
            try played.settle(about)
            try played.undo(about)
        }
    }

    @Test("each, with every step done twice and its undo done twice, leaves nothing", arguments: Saga.allCases)
    func twice(saga: Saga) throws {
        var played = try Played(saga)
        played.cluster.weather = .init(repeatsReport: true, repeatsAnswer: true)
        for _ in 0..<Self.steps {
            played.cluster.syncAll()
            played.check("\(saga)")
        }
        try played.settle("\(saga)")
        try played.undo("\(saga)")
    }

    @Test("each, undone at each of its steps, and undone again, leaves nothing", arguments: Saga.allCases)
    func undone(saga: Saga) throws {
        for step in 0..<Self.steps {
            var played = try Played(saga)
            for _ in 0..<step { played.cluster.syncAll() }
            try played.undo("\(saga) at step \(step)")
        }
    }
}

/// One saga on its way through a cluster of three nodes.
private struct Played {
    var cluster = PlayedCluster(nodes: 1)
    private var home: NodeID
    private var id: InstanceID

    init(_ saga: SagaTests.Saga) throws {
        home = cluster.nodeIDs[0]
        let isQueued = saga == .queuedLaunch
        let stays = saga.isOfDisks || [.drainWithStop, .migrateStaying, .migrateCold, .drainLive].contains(saga)
        cluster.migrates = [.migrateLive, .migrateStaying, .migrateCold, .drainLive, .migrateVolume, .migrateVolumeCold].contains(saga)
        if cluster.migrates { cluster.register(home) }
        cluster.ledger.launch("web", size: isQueued ? "large" : nil, queue: isQueued, recovery: stays ? .stay : .fenced)
        id = try #require(cluster.ledger.record("web")).id
        let key = InstanceKey.id(id)
        if saga != .launch, saga != .queuedLaunch { for _ in 0..<3 { cluster.syncAll() } }
        if saga == .start || saga == .migrateCold || saga == .migrateVolumeCold {
            cluster.apply(.stop(key, cluster.ledger.newID(), force: false, within: nil))
            for _ in 0..<3 { cluster.syncAll() }
        }
        if saga.isOfDisks { prepareDisks(saga) }
        for number in 2...3 { cluster.join(UInt64(number), cpus: 8) }
        // The ledger must know their pools.
        if saga == .migrateVolume || saga == .migrateVolumeCold { cluster.syncAll() }
        switch saga {
        case .launch: break
        case .queuedLaunch: cluster.ledger.settle()
        case .start: cluster.apply(.start(key, cluster.ledger.newID()))
        case .stop: cluster.apply(.stop(key, cluster.ledger.newID(), force: false, within: nil))
        case .reboot: cluster.apply(.reboot(key, cluster.ledger.newID()))
        case .delete: cluster.apply(.delete(key, cluster.ledger.newID()))
        case .move: cluster.apply(.drain(.id(home), stop: false, parallel: 4))
        case .recovery: cluster.lose(home)
        case .drainWithStop: cluster.apply(.drain(.id(home), stop: true, parallel: 4))
        case .attach: cluster.apply(.storage(.attach(Self.volume, key, cluster.ledger.newID())))
        case .detach: cluster.apply(.storage(.detach(Self.volume, cluster.ledger.newID())))
        case .grow: cluster.apply(.storage(.updateVolume(Self.volume, .init(size: MiB(128)), cluster.ledger.newID())))
        case .snapshot: snapshot()
        case .deleteSnapshot: cluster.apply(.storage(.deleteSnapshot(Self.snapshotKey, cluster.ledger.newID())))
        case .restore: cluster.apply(.storage(.restore(Self.snapshotKey, cluster.ledger.newID(), restart: true)))
        case .resize: cluster.apply(.storage(.resize(key, size: name("small"), cluster.ledger.newID(), restart: true)))
        case .rebuild: cluster.apply(.storage(.rebuild(key, image: nil, cluster.ledger.newID())))
        case .drainLive: cluster.apply(.drain(.id(home), stop: false, parallel: 4))
        case .migrateLive, .migrateStaying, .migrateCold, .migrateVolume, .migrateVolumeCold:
            cluster.apply(.migrate(key, .init(operation: cluster.ledger.newID())))
        }
        #expect(cluster.ledger.state.operations.values.contains { $0.value.state == .running }, "\(saga) has begun")
    }

    private static let volume = VolumeKey.name(ProjectName(project: ClusterState.defaultProject, name: name("data")))
    private static let snapshotKey = SnapshotKey.name(ProjectName(project: ClusterState.defaultProject, name: name("before")))

    private mutating func snapshot() {
        cluster.apply(
            .storage(
                .createSnapshot(
                    .init(id: cluster.ledger.newID(), operation: cluster.ledger.newID(), name: name("before"), instance: .id(id)))))
    }

    /// What the saga begins with: a volume, attached but where that is what it is about, and a snapshot where it needs one.
    private mutating func prepareDisks(_ saga: SagaTests.Saga) {
        cluster.apply(
            .storage(
                .createVolume(.init(id: cluster.ledger.newID(), name: name("data"), project: ClusterState.defaultProject, size: MiB(64)))))
        guard saga != .attach, saga != .resize, saga != .rebuild else { return }
        cluster.apply(.storage(.attach(Self.volume, .id(id), cluster.ledger.newID())))
        for _ in 0..<4 { cluster.syncAll() }
        guard saga == .deleteSnapshot || saga == .restore else { return }
        snapshot()
        for _ in 0..<4 { cluster.syncAll() }
    }

    /// The node on which it is to run now.
    private var node: NodeID? { cluster.ledger.state.instances[id]?.value.instance.placement?.node }

    private var peer: NodeID? { cluster.ledger.state.instances[id]?.value.migration?.peer }

    mutating func begin(_ fault: SagaTests.Fault) throws {
        switch fault {
        case .commit: cluster.failsNextCommit = true
        case .restart: cluster.ledger.restart()
        case .repeated: cluster.weather = .init(repeatsReport: true, repeatsAnswer: true)
        case .lostAnswer: cluster.weather.dropsAnswer = true
        case .agentRestart: for node in cluster.nodeIDs { cluster.restartAgent(node) }
        case .instanceFails: for node in cluster.nodeIDs { cluster.agents[node]?.fails = true }
        case .nodeLost: if let node { cluster.lose(node) }
        case .nodeGone:
            // The machine is dead, with its disk.
            guard let node else { return }
            cluster.lose(node)
            cluster.agents[node] = .init(cpus: 8, isCut: true)
            cluster.apply(.confirmDead(.id(node), diskGone: true))
        case .peerLost: if let peer { cluster.lose(peer) }
        case .peerGone:
            guard let peer else { return }
            cluster.lose(peer)
            cluster.agents[peer] = .init(cpus: 8, isCut: true)
            cluster.apply(.confirmDead(.id(peer), diskGone: true))
        case .cancelled:
            guard let migration = cluster.ledger.state.instances[id]?.value.migration else { return }
            cluster.apply(.cancel(migration.operation, deletion: cluster.ledger.newID()))
        }
    }

    mutating func end(_ fault: SagaTests.Fault) {
        switch fault {
        case .commit, .restart, .agentRestart, .nodeLost, .nodeGone, .peerLost, .peerGone, .cancelled: break
        case .repeated, .lostAnswer: cluster.weather = .init()
        case .instanceFails: for node in cluster.nodeIDs { cluster.agents[node]?.fails = false }
        }
    }

    func check(_ about: String) {
        let state = cluster.ledger.state
        #expect(cluster.runningTwice.isEmpty, "\(about): runs twice")
        for node in state.nodes.values.map(\.value) {
            let volumes = state.storage.volumes(on: node.id).map(\.volume.room).reduce(Resources.zero, +)
            let strays = state.storage.strays(on: node.id).flatMap { volume in volume.elsewhere.map { $0.allocation(of: volume.id) } }
            let held = (state.instances.values.flatMap(\.value.allocations) + strays).filter { $0.node == node.id }
            #expect(state.engine.usage(of: node.id) == held.map(\.resources).reduce(volumes, +), "\(about)")
        }
    }

    /// In the end every operation has ended, and the instance is one.
    mutating func settle(_ about: String) throws {
        cluster.calm()
        check(about)
        let running = cluster.ledger.state.operations.values.map(\.value).filter { $0.state == .running }
        #expect(running.isEmpty, "\(about): \(running.map(\.kind))")
        #expect(cluster.ledger.state.tombstones.isEmpty, "\(about)")
        let record = cluster.ledger.state.instances[id]?.value
        #expect(record?.move == nil && record?.migration == nil, "\(about)")
        checkVolumes(about)
        if let record, record.instance.status.state == .running { #expect(cluster.runs(id) == [node].compactMap { $0 }, "\(about)") }
    }

    /// Each is on its one node, whole, and nothing of it is on any other.
    private func checkVolumes(_ about: String) {
        for record in cluster.ledger.state.storage.volumes.values.map(\.value) where record.made {
            let there = cluster.nodeIDs.filter { cluster.agents[$0]?.made.contains(record.id) ?? false }
            #expect(record.elsewhere.isEmpty, "\(about)")
            guard record.volume.status.state != .failed else { continue }
            #expect(there == [record.volume.node].compactMap { $0 }, "\(about): the volume is on one node")
            if let node, record.volume.attachment?.instance == id { #expect(record.volume.node == node, "\(about): together") }
            guard cluster.migrates else { continue }
            #expect(there.allSatisfy { cluster.agents[$0]?.whole.contains(record.id) ?? false }, "\(about): the volume's data is there")
        }
    }

    /// The undo of every saga ends in the deletion of its instance. It is done twice.
    mutating func undo(_ about: String) throws {
        for _ in 0..<2 {
            cluster.apply(.delete(.id(id), cluster.ledger.newID()))
            cluster.syncAll()
            check(about)
        }
        cluster.calm()
        for volume in cluster.ledger.state.storage.volumes.values.sorted(by: { $0.key < $1.key }) {
            #expect(volume.value.volume.attachment == nil, "\(about)")
            cluster.apply(.storage(.deleteVolume(.id(volume.value.id))))
        }
        cluster.calm()
        let state = cluster.ledger.state
        #expect(state.storage.volumes.isEmpty && state.storage.snapshots.isEmpty, "\(about)")
        #expect(state.instances.isEmpty && state.tombstones.isEmpty && !state.hasWork, "\(about)")
        #expect(state.nodes.keys.allSatisfy { state.engine.usage(of: $0) == .zero }, "\(about)")
        #expect(cluster.agents.values.allSatisfy { $0.vms.isEmpty && $0.made.isEmpty }, "\(about): something is left on a node")
        #expect(state.operations.values.allSatisfy { $0.value.state != .running }, "\(about)")
    }
}
