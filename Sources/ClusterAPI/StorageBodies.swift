import ClusterModel

package struct VolumeRequest: Hashable, Sendable, Codable {
    package var name: Name
    package var project: Name?
    /// Its source's when absent.
    package var size: MiB?
    package var format: VolumeFormat?
    package var pool: Name?
    package var limits: IOLimits?
    package var deleteWithInstance: Bool?
    /// An id or a name; when absent it is made where it is first attached.
    package var node: String?
    /// An id or a name of a volume, of which it begins as a copy.
    package var source: String?

    private enum CodingKeys: String, CodingKey {
        case name, project, format, pool, limits, deleteWithInstance, node, source
        case size = "sizeMiB"
    }

    package init(name: Name) { self.name = name }
}

/// What is absent stays as it is.
package struct VolumeUpdateRequest: Hashable, Sendable, Codable {
    package var size: MiB?
    /// Both at once: a limit that it leaves out is lifted.
    package var limits: IOLimits?
    package var deleteWithInstance: Bool?

    private enum CodingKeys: String, CodingKey {
        case limits, deleteWithInstance
        case size = "sizeMiB"
    }

    package init() {}
}

package struct AttachRequest: Hashable, Sendable, Codable {
    /// An id or a name.
    package var instance: String
    package init(instance: String) { self.instance = instance }
}

package struct VolumeAnswer: Hashable, Sendable, Codable {
    package var volume: Volume
    package var operation: InstanceOperation?
    package init(volume: Volume, operation: InstanceOperation?) {
        self.volume = volume
        self.operation = operation
    }
}

package struct SnapshotRequest: Hashable, Sendable, Codable {
    /// Made after the instance's when absent.
    package var name: Name?
    /// An id or a name.
    package var instance: String
    /// Whether the guest's file systems are frozen for it where its agent answers; they are when absent.
    package var quiesce: Bool?
    package init(name: Name?, instance: String) {
        self.name = name
        self.instance = instance
    }
}

package struct SnapshotAnswer: Hashable, Sendable, Codable {
    package var snapshot: Snapshot
    package var operation: InstanceOperation?
    package init(snapshot: Snapshot, operation: InstanceOperation?) {
        self.snapshot = snapshot
        self.operation = operation
    }
}

package struct RestoreRequest: Hashable, Sendable, Codable {
    /// A running instance is restarted for it; refused else.
    package var restart: Bool?
    package init(restart: Bool?) { self.restart = restart }
}

package struct ExportRequest: Hashable, Sendable, Codable {
    package var image: Name
    package init(image: Name) { self.image = image }
}

package struct CloneRequest: Hashable, Sendable, Codable {
    package var name: Name?
    /// The snapshot's when absent.
    package var size: Name?
    package init(name: Name?, size: Name?) {
        self.name = name
        self.size = size
    }
}

package struct ResizeRequest: Hashable, Sendable, Codable {
    package var size: Name
    /// A running instance is restarted for it; refused else.
    package var restart: Bool?
    package init(size: Name, restart: Bool?) {
        self.size = size
        self.restart = restart
    }
}

package struct RebuildRequest: Hashable, Sendable, Codable {
    /// Its own when absent.
    package var image: Name?
    package init(image: Name?) { self.image = image }
}
