import ClusterModel

/// What the node keeps of an instance on disk, so that an agent that starts anew goes on where the one before was.
package struct InstanceRecord: Hashable, Sendable, Codable {
    /// The spec of the highest epoch and in it the highest generation seen, written before it is acted on.
    package var desired: DesiredInstance
    /// The controller's term that said so.
    package var epoch: Epoch
    /// The highest reboot number that was performed.
    package var reboots: Int64
    /// Restarts by policy since the generation arrived.
    package var restarts: Int
    /// Restarts by policy with no stable run between them.
    package var streak: Int
    /// The guest powered itself off in this generation: it stays so until a start is asked for.
    package var poweredItselfOff: Bool
    /// A VMM of it has run, so that its disk may hold somebody's data.
    package var hasRun: Bool
    /// Why a step failed for good in this generation.
    package var failure: String?
    package var done: DoneToDisks?

    package init(desired: DesiredInstance, epoch: Epoch = Epoch(0)) {
        self.desired = desired
        self.epoch = epoch
        reboots = desired.reboots
        restarts = 0
        streak = 0
        poweredItselfOff = false
        hasRun = false
        failure = nil
    }

    /// Also reads what was written before records named their term.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        desired = try fields.decode(DesiredInstance.self, forKey: .desired)
        epoch = try fields.decodeIfPresent(Epoch.self, forKey: .epoch) ?? Epoch(0)
        reboots = try fields.decode(Int64.self, forKey: .reboots)
        restarts = try fields.decode(Int.self, forKey: .restarts)
        streak = try fields.decode(Int.self, forKey: .streak)
        poweredItselfOff = try fields.decode(Bool.self, forKey: .poweredItselfOff)
        hasRun = try fields.decode(Bool.self, forKey: .hasRun)
        failure = try fields.decodeIfPresent(String.self, forKey: .failure)
        done = try fields.decodeIfPresent(DoneToDisks.self, forKey: .done)
    }

    /// Takes a newer spec: what went wrong under the one before is forgiven.
    mutating func take(_ newer: DesiredInstance, epoch: Epoch) {
        let forgives = !newer.differsInDisksAlone(from: desired) && !newer.differsInMigrationAlone(from: desired)
        desired = newer
        self.epoch = epoch
        guard forgives else { return }
        restarts = 0
        streak = 0
        poweredItselfOff = false
        failure = nil
    }
}

/// What an agent that starts finds of one instance.
package struct FoundInstance: Hashable, Sendable {
    package var id: InstanceID
    /// Nil where it is missing or can't be read.
    package var record: InstanceRecord?
    package var vmm: FoundVMM
    /// Its guest stands still in the VMM, or has not come whole.
    package var isHeld = false

    package enum FoundVMM: Hashable, Sendable {
        case never
        case running(VMMProcess)
        /// It runs, and can't be adopted for this reason.
        case doubtful(VMMProcess, String)
        case ended(VMMExit)
        /// It ran until the machine went down, or was shut down with it.
        case endedWithMachine
        /// The guests of this node were shut down and the machine is still up.
        case shutDownWithNode

        /// It ran once, and does not.
        var isOver: Bool {
            switch self {
            case .never, .running, .doubtful: false
            case .ended, .endedWithMachine, .shutDownWithNode: true
            }
        }
    }

    /// Its guest goes on by the controller's word alone: it may run on another node by now.
    var mayHaveLeft: Bool { isHeld || record?.desired.migration?.part == .send && vmm.isOver }

    package init(id: InstanceID, record: InstanceRecord?, vmm: FoundVMM) {
        self.id = id
        self.record = record
        self.vmm = vmm
    }
}

extension DesiredInstance {
    /// The same order, whether or not an operator's word for an adoption comes with it.
    func isSame(as other: DesiredInstance) -> Bool {
        var other = other
        other.adopt = adopt
        if adopt { other.image = image }
        return self == other
    }
}
