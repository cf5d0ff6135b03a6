import Certificates
import ClusterModel
import ControllerDecisions
import Logging
import Synchronization

/// What the routes work with: the ledger's writer and view, the conversations with nodes, the open streams, the images.
final class Controller: Sendable {
    let version: String
    let epoch: Epoch
    let settings: LedgerSettings
    /// How many of the latest numbers the placement journal reaches back.
    let journalKept: Int64
    let store: any StateStore
    let room: DiskRoom
    let snapshots: LedgerSnapshots
    /// One at a time.
    let isBackingUp = Atomic(false)
    let view: CommittedView
    let log: WatchLog
    let writer: LedgerWriter
    let access: AccessBook
    let sessions: NodeSessions
    let leaseTimes: LeaseTimes
    let streams = StreamSwitch()
    let reports = ReportAdmission()
    let images: ImageLibrary
    let metrics: Metrics
    let logger: Logger
    /// Nil without TLS, where nobody has a certificate.
    let authority: Authority?
    let joinGate = JoinGate()
    private let stopping = Atomic(false)

    init(
        version: String, epoch: Epoch, settings: LedgerSettings, journalKept: Int64, store: any StateStore, room: DiskRoom,
        snapshots: LedgerSnapshots, view: CommittedView, log: WatchLog, writer: LedgerWriter, access: AccessBook, sessions: NodeSessions,
        leaseTimes: LeaseTimes, images: ImageLibrary, metrics: Metrics, logger: Logger, authority: Authority?
    ) {
        self.authority = authority
        self.version = version
        self.epoch = epoch
        self.settings = settings
        self.journalKept = journalKept
        self.store = store
        self.room = room
        self.snapshots = snapshots
        self.view = view
        self.log = log
        self.writer = writer
        self.access = access
        self.sessions = sessions
        self.leaseTimes = leaseTimes
        self.images = images
        self.metrics = metrics
        self.logger = logger
    }

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Ends what is held: syncs are answered, watches and streams end.
    func stop() {
        stopping.store(true, ordering: .releasing)
        sessions.close()
        log.close()
        streams.closeAll()
    }
}
