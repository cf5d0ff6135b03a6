import AgentDecisions
import ClusterModel

/// What a node keeps in files. What was synced outlives a power cut; the rest may not.
struct NodeDisk {
    struct Files {
        var record: InstanceRecord?
        /// As a power cut would leave it.
        var synced: InstanceRecord?
        /// What the cage wrote down of its VMM.
        var process: VMMProcess?
        var end: (process: VMMProcess, exit: VMMExit)?
        var hasDisk = false

        /// Of the record; nil without one.
        var generation: Int64? { record?.desired.generation }
        var isEmpty: Bool { record == nil && process == nil && !hasDisk }
    }

    private(set) var epoch = Epoch(0)
    private var syncedEpoch = Epoch(0)
    private var files: [InstanceID: Files] = [:]
    /// How many faults fill it.
    var full = 0

    var instances: [InstanceID] { files.keys.sorted() }

    subscript(id: InstanceID) -> Files? {
        get { files[id] }
        set { files[id] = newValue }
    }

    mutating func keep(_ epoch: Epoch, synced: Bool) {
        self.epoch = epoch
        if synced { syncedEpoch = epoch }
    }

    mutating func save(_ record: InstanceRecord, synced: Bool) {
        files[record.desired.id, default: Files()].record = record
        if synced { files[record.desired.id]?.synced = record }
    }

    mutating func losePower(_ chance: inout SeededGenerator) {
        epoch = syncedEpoch
        for id in instances {
            guard var kept = files[id] else { continue }
            kept.record = kept.synced
            if chance.chance(50) { kept.end = nil }
            if chance.chance(30) { kept.process = nil }
            files[id] = kept.isEmpty ? nil : kept
        }
    }
}
