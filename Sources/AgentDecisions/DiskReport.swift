import ClusterModel

/// What has been done to an instance's disks that they do not show by themselves; kept in its record.
package struct DoneToDisks: Hashable, Sendable, Codable {
    /// The highest restore and rebuild that were done.
    package var restores: Int64
    package var rebuilds: Int64
    /// Those that are there.
    package var snapshots: [ObservedSnapshot]

    package init(restores: Int64 = 0, rebuilds: Int64 = 0, snapshots: [ObservedSnapshot] = []) {
        self.restores = restores
        self.rebuilds = rebuilds
        self.snapshots = snapshots
    }
}

/// How far the disks of an instance are from what is wanted, after an attempt to bring them there.
package struct DiskReport: Hashable, Sendable {
    /// Which it has, or will have at its next start.
    package var volumes: [VolumeID]
    package var done: DoneToDisks
    /// What can't be done.
    package var failure: String?
    /// What will be done when somebody else has done something: the guest lets a device go.
    package var waiting: String?

    package init(volumes: [VolumeID] = [], done: DoneToDisks = DoneToDisks(), failure: String? = nil, waiting: String? = nil) {
        self.volumes = volumes
        self.done = done
        self.failure = failure
        self.waiting = waiting
    }
}

/// The part of an instance's machine that sees to its disks, beside its coming up and going down.
struct DiskKeeping: Sendable {
    /// The spec of which the disks are as wanted, or as near as they get; 0: not known.
    var generation: Int64 = 0
    /// The spec that the work under way goes by.
    var begun: Int64 = 0
    var report: DiskReport?
    var attempts = 0
    /// Not tried again before.
    var waitUntil: Duration?

    static let attemptsInAll = 4
    /// Between looks at a guest that has not let a device go.
    static let patience = Duration.milliseconds(500)

    /// Another spec, or another VMM: nothing is known of its disks.
    mutating func begin() {
        generation = 0
        attempts = 0
        waitUntil = nil
    }
}

extension InstanceMachine {
    /// Its disks are not yet as the spec wants them.
    var owesDisks: Bool {
        guard let record, record.desired.storage != nil else { return false }
        return disks.generation < record.desired.generation
    }

    mutating func arrangeDisks(_ now: Duration, _ effects: inout [InstanceEffect]) {
        guard owesDisks, busy == nil, doubt == nil, wanted != .unknown else { return }
        guard phase.vmm != nil || phase == .halted || phase == .failed else { return }
        if let wait = disks.waitUntil, now < wait { return }
        disks.waitUntil = nil
        begin(.arrangeDisks, &effects)
    }

    mutating func arranged(_ report: DiskReport, _ now: Duration, _ effects: inout [InstanceEffect]) {
        guard busy == .arrangeDisks else { return }
        endWork()
        if var record, record.done != report.done {
            record.done = report.done
            save(record, &effects)
        }
        disks.report = report
        let isLaunching = if case .launching = phase { true } else { false }
        if report.waiting != nil {
            disks.waitUntil = now + DiskKeeping.patience
        } else {
            disks.generation = disks.begun
            disks.attempts = 0
        }
        guard isLaunching else { return }
        if let failure = report.failure { return failLaunch(.arrangeDisks, failure, now, &effects) }
        // Something newer was asked meanwhile.
        if !owesDisks { proceed(to: .makeSeed) }
    }

    /// Of one that does not launch: a launch has its own way.
    mutating func failedToArrange(_ why: String, lasting: Bool, _ now: Duration) {
        disks.attempts += 1
        guard lasting || disks.attempts >= DiskKeeping.attemptsInAll else {
            disks.waitUntil = now + (timing.retry.delay(before: disks.attempts) ?? timing.retry.maximum)
            return
        }
        var report = disks.report ?? DiskReport(done: record?.done ?? DoneToDisks())
        report.failure = why
        report.waiting = nil
        disks.report = report
        disks.generation = disks.begun
        disks.attempts = 0
    }

    var observedStorage: ObservedStorage? {
        guard let record, record.desired.storage != nil else { return nil }
        return ObservedStorage(
            generation: disks.generation, failure: disks.generation == record.desired.generation ? disks.report?.failure : nil,
            waiting: disks.report?.waiting, volumes: disks.report?.volumes ?? [], snapshots: record.done?.snapshots ?? [])
    }
}

extension DesiredInstance {
    /// The same order but for the disks, so that what went wrong under the one before, or the guest's own end, stands.
    func differsInDisksAlone(from other: DesiredInstance) -> Bool {
        var plain = self
        plain.storage = other.storage
        plain.generation = other.generation
        return plain == other && storage != other.storage
    }
}
