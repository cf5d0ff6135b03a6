/// A disk of its own that instances come and go from. Its data is in a pool of one node.
package struct Volume: Hashable, Sendable, Codable {
    package var id: VolumeID
    package var name: Name
    package var project: Name
    /// Raised by every change of what its node shall do about it.
    package var generation: Int64
    package var spec: VolumeSpec
    package var status: VolumeStatus
    /// Nil until it is attached for the first time, where no node was named at its creation.
    package var node: NodeID?
    package var nodeName: Name?
    package var attachment: VolumeAttachment?
    package var createdAt: Timestamp

    package init(
        id: VolumeID, name: Name, project: Name, generation: Int64 = 1, spec: VolumeSpec, status: VolumeStatus, node: NodeID? = nil,
        nodeName: Name? = nil, attachment: VolumeAttachment? = nil, createdAt: Timestamp
    ) {
        self.id = id
        self.name = name
        self.project = project
        self.generation = generation
        self.spec = spec
        self.status = status
        self.node = node
        self.nodeName = nodeName
        self.attachment = attachment
        self.createdAt = createdAt
    }

    /// What it holds of its node's disk, attached or not. Thin as the file may be, all of it is counted.
    package var room: Resources { Resources(cpu: .zero, memory: .zero, disk: spec.size) }

    /// The room is held under the volume's own id, beside those of instances.
    package var holder: InstanceID { InstanceID(id.rawValue) }
}

package struct VolumeSpec: Hashable, Sendable, Codable {
    package var size: MiB
    package var format: VolumeFormat
    package var pool: Name
    package var limits: IOLimits
    /// It goes with the instance that it is attached to.
    package var deleteWithInstance: Bool
    /// What it was made as a copy of.
    package var source: VolumeSource?

    private enum CodingKeys: String, CodingKey {
        case format, pool, limits, deleteWithInstance, source
        case size = "sizeMiB"
    }

    package init(
        size: MiB, format: VolumeFormat = .qcow2, pool: Name, limits: IOLimits = IOLimits(), deleteWithInstance: Bool = false,
        source: VolumeSource? = nil
    ) {
        self.size = size
        self.format = format
        self.pool = pool
        self.limits = limits
        self.deleteWithInstance = deleteWithInstance
        self.source = source
    }
}

/// Both are thin: room on the disk is taken when the guest writes.
package enum VolumeFormat: String, Hashable, Sendable, Codable, CaseIterable {
    /// Can be part of snapshots.
    case qcow2
    case raw
}

/// How much a guest may ask of a disk; nil: as much as there is.
package struct IOLimits: Hashable, Sendable, Codable {
    /// Reads and writes a second, together.
    package var iops: Int64?
    package var bytesPerSecond: Int64?

    package static let allowed: ClosedRange<Int64> = 1...1_000_000_000_000

    package init(iops: Int64? = nil, bytesPerSecond: Int64? = nil) {
        self.iops = iops
        self.bytesPerSecond = bytesPerSecond
    }

    package var isEmpty: Bool { iops == nil && bytesPerSecond == nil }
}

/// Another volume, on the same node, whose content the new one begins with.
package struct VolumeSource: Hashable, Sendable, Codable {
    package var volume: VolumeID
    package var name: Name
    package var format: VolumeFormat
    package var pool: Name

    package init(volume: VolumeID, name: Name, format: VolumeFormat, pool: Name) {
        self.volume = volume
        self.name = name
        self.format = format
        self.pool = pool
    }
}

package struct VolumeStatus: Hashable, Sendable, Codable {
    package var state: VolumeState
    package var reason: String?
    /// As its node last saw it.
    package var size: MiB?
    /// What its file takes on the node's disk.
    package var used: MiB?
    package var observedGeneration: Int64

    private enum CodingKeys: String, CodingKey {
        case state, reason, observedGeneration
        case size = "sizeMiB"
        case used = "usedMiB"
    }

    package init(state: VolumeState, reason: String? = nil, size: MiB? = nil, used: MiB? = nil, observedGeneration: Int64 = 0) {
        self.state = state
        self.reason = reason
        self.size = size
        self.used = used
        self.observedGeneration = observedGeneration
    }
}

package enum VolumeState: String, Hashable, Sendable, Codable, CaseIterable {
    /// On no node yet: made where it is first attached.
    case pending
    case creating
    case available
    case inUse = "in-use"
    case deleting
    case failed
}

package struct VolumeAttachment: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable, CaseIterable { case attaching, attached, detaching }

    package var instance: InstanceID
    package var instanceName: Name
    package var state: State

    package init(instance: InstanceID, instanceName: Name, state: State) {
        self.instance = instance
        self.instanceName = instanceName
        self.state = state
    }
}

/// A place on a node where volumes are kept.
package struct StoragePool: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// Files in a directory of the node.
        case directory
    }

    package var name: Name
    package var kind: Kind
    package var total: MiB
    package var available: MiB

    private enum CodingKeys: String, CodingKey {
        case name, kind
        case total = "totalMiB"
        case available = "availableMiB"
    }

    package init(name: Name, kind: Kind = .directory, total: MiB, available: MiB) {
        self.name = name
        self.kind = kind
        self.total = total
        self.available = available
    }
}
