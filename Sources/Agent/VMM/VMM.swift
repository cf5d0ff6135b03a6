import AgentDecisions
import ClusterModel
import FoundationEssentials

/// What runs instances: a driver of a real VMM, or one in memory. All of its work may be begun again after it was cut short.
package protocol VMM: Sendable {
    /// Everything that is on this node, whoever left it there.
    func inventory() async throws(WorkFailure) -> [FoundInstance]
    /// Keeps the record, on disk before it returns. It, `powerDown` and `kill` wait for nobody, so that the order of effects is kept.
    func save(_ record: InstanceRecord) throws(WorkFailure)
    /// Any work but `startVMM` and `arrangeDisks`.
    func perform(_ work: InstanceWork, for record: InstanceRecord) async throws(WorkFailure)
    /// Brings the instance's disks nearer to what its record wants.
    /// - Parameter process: its VMM, nil while there is none.
    func arrangeDisks(of record: InstanceRecord, in process: VMMProcess?) async throws(WorkFailure) -> DiskReport
    /// Returns when the VMM answers.
    func start(_ record: InstanceRecord) async throws(WorkFailure) -> StartedVMM
    /// Asks the guest, by ACPI.
    func powerDown(_ vmm: VMMProcess, of instance: InstanceID)
    func kill(_ vmm: VMMProcess, of instance: InstanceID)
    /// Takes up what another node sends, until the guest stands still here; without a guest until it is cancelled, and what came is on disk then.
    func receive(_ record: InstanceRecord, tell: @escaping @Sendable (MigrationReport) async -> Void) async throws(WorkFailure)
    /// Sends it, until the guest stands still here with everything on the other node. On failure the guest runs on.
    func send(_ record: InstanceRecord, tell: @escaping @Sendable (MigrationReport) async -> Void) async throws(WorkFailure)
    /// Lets a guest go on that stands still; one that goes on already is let be.
    func resume(_ record: InstanceRecord) async throws(WorkFailure)
    /// The address that the instance's seed names.
    func address(of instance: InstanceID) -> String?
    /// A conversation with the serial console; one at a time.
    func console(of instance: InstanceID) throws(WorkFailure) -> any ConsoleStream
    /// What the serial console has said: its last lines (nil: all that is kept), and what follows.
    func log(of instance: InstanceID, lines: Int?, follow: Bool) throws(WorkFailure) -> any ConsoleStream
    /// A TCP connection to a port of the guest.
    func port(_ number: Int, of instance: InstanceID) async throws(WorkFailure) -> any ConsoleStream
    func run(_ program: GuestProgram, in instance: InstanceID) async throws(WorkFailure) -> GuestExit
    /// Frames of a file: read where it comes from the guest, written where it goes there, and the last one read says how it ended.
    func copy(_ file: GuestFile, of instance: InstanceID) throws(WorkFailure) -> any ConsoleStream
    /// What becomes of VMMs, whether this agent started them or took them up.
    var news: AsyncStream<VMMNews> { get }
}

package protocol ConsoleStream: Sendable {
    /// Nil at the end.
    func read() async -> Data?
    func write(_ data: Data) async throws
    /// Nothing more will be written; reading goes on.
    func endInput()
    func close()
}

extension VMM {
    package func receive(_ record: InstanceRecord, tell: @escaping @Sendable (MigrationReport) async -> Void) async throws(WorkFailure) {
        throw WorkFailure("this VMM takes part in no migration", isLasting: true)
    }
    package func send(_ record: InstanceRecord, tell: @escaping @Sendable (MigrationReport) async -> Void) async throws(WorkFailure) {
        throw WorkFailure("this VMM takes part in no migration", isLasting: true)
    }
    package func resume(_ record: InstanceRecord) async throws(WorkFailure) {}
}

extension ConsoleStream {
    package func endInput() {}
}

package struct StartedVMM: Sendable {
    package var process: VMMProcess
    package var spawned: ContinuousClock.Instant
}

package struct VMMNews: Sendable {
    package enum What: Sendable {
        case ended(VMMExit)
        case shutDownWithNode
        case adopted
    }

    package var instance: InstanceID
    package var process: VMMProcess
    package var what: What
}
