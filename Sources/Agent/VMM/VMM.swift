import AgentDecisions
import ClusterModel

/// What runs instances: a driver of a real VMM, or one in memory. All of its work may be begun again after it was cut short.
protocol VMM: Sendable {
    /// Everything that is on this node, whoever left it there.
    func inventory() async throws(WorkFailure) -> [FoundInstance]
    /// Keeps the record, on disk before it returns. It, `powerDown` and `kill` wait for nobody, so that the order of effects is kept.
    func save(_ record: InstanceRecord) throws(WorkFailure)
    /// Any work but `startVMM`.
    func perform(_ work: InstanceWork, for record: InstanceRecord) async throws(WorkFailure)
    /// Returns when the VMM answers.
    func start(_ record: InstanceRecord) async throws(WorkFailure) -> StartedVMM
    /// Asks the guest, by ACPI.
    func powerDown(_ vmm: VMMProcess, of instance: InstanceID)
    func kill(_ vmm: VMMProcess, of instance: InstanceID)
    /// The address that the instance's seed names.
    func address(of instance: InstanceID) -> String?
    /// What becomes of VMMs, whether this agent started them or took them up.
    var news: AsyncStream<VMMNews> { get }
}

struct StartedVMM: Sendable {
    var process: VMMProcess
    var spawned: ContinuousClock.Instant
}

struct VMMNews: Sendable {
    enum What: Sendable {
        case ended(VMMExit)
        case shutDownWithNode
        case adopted
    }

    var instance: InstanceID
    var process: VMMProcess
    var what: What
}

/// Why a piece of work was not done, as a part of a sentence.
struct WorkFailure: Error, CustomStringConvertible {
    var description: String
    /// Trying again can't help.
    var isLasting = false

    init(_ description: String, isLasting: Bool = false) {
        self.description = description
        self.isLasting = isLasting
    }

    init(_ failure: DurableFile.Failure) { self.init(failure.description) }
}
