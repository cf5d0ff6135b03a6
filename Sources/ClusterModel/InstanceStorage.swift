/// What a node is told of an instance's disks beside the root that its image gives. QEMU knows them as the nodes "root" and "vol-<id>".
package struct InstanceStorage: Hashable, Sendable, Codable {
    package var volumes: [AttachedVolume]
    package var snapshots: [DesiredSnapshot]
    package var restore: RestoreOrder?
    /// Raised by every rebuild: the node makes the root disk anew for what it has not done yet.
    package var rebuilds: Int64
    /// Whose root disk this one's begins as; nil: as its image.
    package var origin: SnapshotOrigin?

    package init(
        volumes: [AttachedVolume] = [], snapshots: [DesiredSnapshot] = [], restore: RestoreOrder? = nil, rebuilds: Int64 = 0,
        origin: SnapshotOrigin? = nil
    ) {
        self.volumes = volumes
        self.snapshots = snapshots
        self.restore = restore
        self.rebuilds = rebuilds
        self.origin = origin
    }

    package var isEmpty: Bool { self == Self() }
    /// It has something on its node that an image can't give again.
    package var keepsData: Bool { !volumes.isEmpty || !snapshots.isEmpty || origin != nil }
}

/// Where a volume's data is.
package struct VolumePlace: Hashable, Sendable, Codable {
    package var id: VolumeID
    package var pool: Name
    package var format: VolumeFormat

    package init(id: VolumeID, pool: Name, format: VolumeFormat) {
        self.id = id
        self.pool = pool
        self.format = format
    }
}

package struct AttachedVolume: Hashable, Sendable, Codable {
    package var place: VolumePlace
    package var size: MiB
    package var limits: IOLimits
    /// Of the machine, for as long as it is attached: a guest that migrates finds its disks in the same slots. Nil: the first that is free.
    package var port: Int?

    /// How many volumes a machine has ports for.
    package static let ports = 8

    private enum CodingKeys: String, CodingKey {
        case place, limits, port
        case size = "sizeMiB"
    }

    package init(place: VolumePlace, size: MiB, limits: IOLimits = IOLimits(), port: Int? = nil) {
        self.place = place
        self.size = size
        self.limits = limits
        self.port = port
    }

    package var id: VolumeID { place.id }
    /// Of its block node, and its device.
    package var nodeName: String { place.nodeName }
}

extension VolumePlace {
    /// A node's name has at most 31 characters, and a UUID alone has 36.
    package var nodeName: String { "vol-\(id.description.filter { $0 != "-" }.prefix(24))" }
}

package struct DesiredSnapshot: Hashable, Sendable, Codable {
    package var id: SnapshotID
    /// Nothing of it is wanted any more.
    package var deleted: Bool
    /// The guest's file systems are frozen for it where its agent answers.
    package var quiesce: Bool
    /// Beside the root disk.
    package var volumes: [VolumePlace]
    package var export: ExportOrder?

    package init(id: SnapshotID, deleted: Bool = false, quiesce: Bool = true, volumes: [VolumePlace], export: ExportOrder? = nil) {
        self.id = id
        self.deleted = deleted
        self.quiesce = quiesce
        self.volumes = volumes
        self.export = export
    }
}

/// The root disk of a snapshot goes to the controller's library as this image.
package struct ExportOrder: Hashable, Sendable, Codable {
    package var number: Int64
    package var image: Name
    package init(number: Int64, image: Name) {
        self.number = number
        self.image = image
    }
}

/// The disks go back to a snapshot before the next start: the node does it for the highest number that it has not done yet.
package struct RestoreOrder: Hashable, Sendable, Codable {
    package var number: Int64
    package var snapshot: SnapshotID
    package init(number: Int64, snapshot: SnapshotID) {
        self.number = number
        self.snapshot = snapshot
    }
}

package struct SnapshotOrigin: Hashable, Sendable, Codable {
    package var instance: InstanceID
    package var snapshot: SnapshotID
    package init(instance: InstanceID, snapshot: SnapshotID) {
        self.instance = instance
        self.snapshot = snapshot
    }
}

/// What a node has made of an instance's disks.
package struct ObservedStorage: Hashable, Sendable, Codable {
    /// The spec up to which all of it was done, or has failed.
    package var generation: Int64
    /// What failed for good in that generation.
    package var failure: String?
    /// What it waits for.
    package var waiting: String?
    /// The VMM has these, or will have them at its next start.
    package var volumes: [VolumeID]
    package var snapshots: [ObservedSnapshot]

    package init(
        generation: Int64, failure: String? = nil, waiting: String? = nil, volumes: [VolumeID] = [], snapshots: [ObservedSnapshot] = []
    ) {
        self.generation = generation
        self.failure = failure
        self.waiting = waiting
        self.volumes = volumes
        self.snapshots = snapshots
    }
}

package struct ObservedSnapshot: Hashable, Sendable, Codable {
    package var id: SnapshotID
    package var consistency: SnapshotConsistency?
    package var pauseMicroseconds: Int64?
    /// The highest export that was done.
    package var exported: Int64?

    package init(id: SnapshotID, consistency: SnapshotConsistency? = nil, pauseMicroseconds: Int64? = nil, exported: Int64? = nil) {
        self.id = id
        self.consistency = consistency
        self.pauseMicroseconds = pauseMicroseconds
        self.exported = exported
    }
}

/// What a node shall do about one volume, attached or not.
package struct DesiredVolume: Hashable, Sendable, Codable {
    package var place: VolumePlace
    package var name: Name
    package var generation: Int64
    package var deleted: Bool
    package var size: MiB
    /// Its data was there once: it is never made again, and its absence is a fault.
    package var made: Bool
    /// While it is, its size is a matter of the instance's VMM.
    package var attached: InstanceID?
    package var source: VolumePlace?

    private enum CodingKeys: String, CodingKey {
        case place, name, generation, deleted, made, attached, source
        case size = "sizeMiB"
    }

    package init(
        place: VolumePlace, name: Name, generation: Int64, deleted: Bool = false, size: MiB, made: Bool = false, attached: InstanceID? = nil,
        source: VolumePlace? = nil
    ) {
        self.place = place
        self.name = name
        self.generation = generation
        self.deleted = deleted
        self.size = size
        self.made = made
        self.attached = attached
        self.source = source
    }

    package var id: VolumeID { place.id }
}

/// What a node saw of one volume.
package struct ObservedVolume: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable, CaseIterable { case ready, making, failed, absent }

    package var id: VolumeID
    /// The latest that was acted on.
    package var generation: Int64
    package var state: State
    package var reason: String?
    package var size: MiB?
    package var used: MiB?

    private enum CodingKeys: String, CodingKey {
        case id, generation, state, reason
        case size = "sizeMiB"
        case used = "usedMiB"
    }

    package init(id: VolumeID, generation: Int64, state: State, reason: String? = nil, size: MiB? = nil, used: MiB? = nil) {
        self.id = id
        self.generation = generation
        self.state = state
        self.reason = reason
        self.size = size
        self.used = used
    }
}

/// All volumes and pools of a node, told whole whenever one of them changes.
package struct ObservedNodeStorage: Hashable, Sendable, Codable {
    package var volumes: [ObservedVolume]
    package var pools: [StoragePool]
    package init(volumes: [ObservedVolume] = [], pools: [StoragePool] = []) {
        self.volumes = volumes
        self.pools = pools
    }
}
