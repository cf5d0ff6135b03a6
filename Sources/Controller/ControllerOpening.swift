import Certificates
import ClusterModel
import ControllerDecisions
import Logging

/// From a data directory to a controller that can answer: the ledger read back, a new term begun, the first sizes made.
struct ControllerOpening {
    struct Opened: Sendable {
        var controller: Controller
        var state: ClusterState
        var head: StoreHead
        var answers: IdempotencyIndex
        var audit: AuditChain
    }

    let configuration: ControllerConfiguration
    let logger: Logger
    let version: String
    /// The term that begins is above this one.
    var above = Epoch(0)

    /// Changes that the placement journal reaches back; a launch makes four.
    static let journalKept: Int64 = 4_000_000

    func open(_ store: (any StateStore)?) async throws(ControllerStartError) -> Opened {
        let directory = configuration.dataDirectory
        let room = DiskRoom(directory: directory)
        do {
            do { return try await read(store, room) } catch let error as StoreError where (error == .full || room.isFull) && room.dropBallast() {
                logger.error("the disk is full; its ballast is given up, and nothing new is taken in")
                return try await read(store, room)
            }
        } catch let error as StoreError {
            switch error {
            case .damaged(let what): throw .damaged(directory: directory, what: what, snapshot: snapshots.latest)
            case .full: throw .diskFull(directory: directory)
            case .lostTerm, .unavailable: throw .store(directory: directory, why: error.description)
            }
        } catch let error as CertificateFailure {
            throw .authority(error.description)
        } catch let error as ControllerStartError {
            throw error
        } catch {
            throw .store(directory: directory, why: "\(error)")
        }
    }

    private var snapshots: LedgerSnapshots {
        LedgerSnapshots(dataDirectory: configuration.dataDirectory, kept: configuration.snapshotsKept)
    }

    private func read(_ given: (any StateStore)?, _ room: DiskRoom) async throws -> Opened {
        let store = try given ?? SQLiteStore(path: "\(configuration.dataDirectory)/ledger.sqlite")
        snapshots.removePartial()
        let began = NodeSessions.now
        var head = try await store.campaign()
        while head.epoch <= above.number { head = try await store.campaign() }
        let stored = try await store.load()
        let settings = LedgerSettings(
            defaultSize: configuration.defaultSize, defaultImage: configuration.defaultImage, policy: configuration.policy,
            lease: configuration.lease, recovery: configuration.recovery, fence: configuration.fence?.moment)
        var state = ClusterState(settings: settings)
        let rows: [Change]
        let events: [Event]
        do {
            rows = try await RowCodec.changes(stored.rows)
            events = try RowCodec.latestEvents(stored.events, count: WatchLog.keptEvents)
        } catch {
            throw StoreError.damaged("a row can't be read: \(error)")
        }
        state.restore(rows, revision: stored.head.sequence)
        if let at = stored.restoredAt {
            logger.warning("this ledger was put back from a backup", metadata: ["at": "\(Timestamp(milliseconds: at))"])
        }
        head = try await holdAfterRestore(&state, store, head, restoredAt: stored.restoredAt)
        head = try await makeFirstSizes(&state, store, head)
        if !configuration.access.isOpen { head = try await makeFirstAdmin(&state, store, head) }
        let ends = try await store.auditEnds()
        let images = try ImageLibrary(dataDirectory: configuration.dataDirectory, settings: configuration.images)
        images.removeAll(except: Set(state.images.values.map(\.value.digest)))
        let view = CommittedView(state)
        let log = WatchLog(revision: state.revision, kept: configuration.watchKept, events: events)
        let metrics = Metrics()
        let leaseTimes = try LeaseTimes(
            directory: configuration.dataDirectory, base: configuration.lease, syncRate: configuration.syncRate, heartbeat: configuration.timing,
            logger: logger)
        let leases = LeaseBook(
            term: Term(epoch: Epoch(head.epoch), campaignBegan: began), timing: configuration.lease, began: NodeSessions.now,
            inherited: leaseTimes.inherited)
        let sessions = NodeSessions(
            NodeConversations(nodes: Array(state.nodes.keys), timing: configuration.timing, leases: leases, began: NodeSessions.now))
        leaseTimes.follow(nodes: state.nodes.count, sessions)
        if configuration.lease == nil { logger.warning("the heartbeat leaves no room for leases: fenced instances will not run") }
        let access = AccessBook(state.access, limits: configuration.access)
        let witnessed = WitnessedStore(store: store, epoch: head.epoch, sessions: sessions)
        let writer = LedgerWriter(
            store: witnessed, room: room, view: view, log: log, journalKept: Self.journalKept,
            auditKept: configuration.access.auditKept, metrics: metrics, logger: logger
        ) {
            effects in
            access.apply(effects)
            Controller.wake(sessions, after: effects)
        }
        let controller = Controller(
            version: version, epoch: Epoch(head.epoch), settings: settings, journalKept: Self.journalKept, store: witnessed, room: room,
            snapshots: snapshots, view: view, log: log, writer: writer, access: access, sessions: sessions, leaseTimes: leaseTimes,
            images: images, metrics: metrics, logger: logger, authority: try configuration.authority())
        writer.notes.committed(ends.head)
        return Opened(
            controller: controller, state: state, head: head, answers: IdempotencyIndex(stored.answers),
            audit: AuditChain(head: ends.head, anchor: ends.anchor))
    }

    /// Until an operator has said that no other controller works on a newer copy of this ledger.
    private func holdAfterRestore(
        _ state: inout ClusterState, _ store: any StateStore, _ head: StoreHead, restoredAt: Int64?
    ) async throws -> StoreHead {
        let recovery = state.recovery?.value
        guard let restoredAt, recovery?.hold?.reason != .restoredStore, (recovery?.resumedAt?.milliseconds ?? .min) < restoredAt else { return head }
        let message =
            "This ledger was restored from a backup at \(Timestamp(milliseconds: restoredAt)): make sure that no other controller of this cluster runs."
        let effects = state.apply(.holdRecovery(.restoredStore, message: message), at: .now).effects
        return try await store.commit(try RowCodec.batch(effects, sequence: state.revision), expecting: head)
    }

    /// Only in a ledger that nobody has ever written to, so that a deleted size stays deleted.
    private func makeFirstSizes(_ state: inout ClusterState, _ store: any StateStore, _ head: StoreHead) async throws -> StoreHead {
        guard state.revision == 0 else { return head }
        var effects = Effects()
        for size in ClusterState.firstSizes {
            effects.append(state.apply(.createSize(size), at: .now).effects)
        }
        return try await store.commit(try RowCodec.batch(effects, sequence: state.revision), expecting: head)
    }
}
