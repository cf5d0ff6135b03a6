import ClusterModel

/// A volume and what the ledger knows of it beside its public face.
package struct VolumeRecord: Hashable, Sendable, Codable {
    package var volume: Volume
    /// The number of the latest change of what its node shall do about it.
    package var desiredRevision: Int64
    /// Its node has said once that its data is there.
    package var made: Bool
    package var deleted: Bool
    /// The generation of its instance by which it was last told to come or go.
    package var attachGeneration: Int64
    /// Where it is besides, or was, by a migration of its instance.
    package var elsewhere: [VolumeElsewhere] = []

    package init(volume: Volume, desiredRevision: Int64, made: Bool = false, deleted: Bool = false) {
        self.volume = volume
        self.desiredRevision = desiredRevision
        self.made = made
        self.deleted = deleted
        attachGeneration = 0
    }

    /// Also reads what was stored before volumes migrated.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        volume = try fields.decode(Volume.self, forKey: .volume)
        desiredRevision = try fields.decode(Int64.self, forKey: .desiredRevision)
        made = try fields.decode(Bool.self, forKey: .made)
        deleted = try fields.decode(Bool.self, forKey: .deleted)
        attachGeneration = try fields.decode(Int64.self, forKey: .attachGeneration)
        elsewhere = try fields.decodeIfPresent([VolumeElsewhere].self, forKey: .elsewhere) ?? []
    }

    package var id: VolumeID { volume.id }

    var place: VolumePlace { VolumePlace(id: volume.id, pool: volume.spec.pool, format: volume.spec.format) }

    /// What an instance's node is told of it while it is attached.
    func attached(port: Int?) -> AttachedVolume { AttachedVolume(place: place, size: volume.spec.size, limits: volume.spec.limits, port: port) }

    /// What its node is told of it.
    package var desired: DesiredVolume {
        DesiredVolume(
            place: place, name: volume.name, generation: volume.generation, deleted: deleted, size: volume.spec.size, made: made,
            attached: volume.attachment?.instance,
            source: volume.spec.source.map { VolumePlace(id: $0.volume, pool: $0.pool, format: $0.format) })
    }

    /// Sets the state that follows from the rest.
    mutating func settle() {
        guard volume.status.state != .failed || deleted else { return }
        if deleted {
            volume.status.state = .deleting
        } else if volume.node == nil {
            volume.status.state = .pending
        } else if volume.attachment != nil {
            volume.status.state = .inUse
        } else {
            volume.status.state = made ? .available : .creating
        }
    }
}

/// How people name a volume or a snapshot: by its id, or by its name in a project.
package enum VolumeKey: Hashable, Sendable {
    case id(VolumeID)
    case name(ProjectName)
}

package enum SnapshotKey: Hashable, Sendable {
    case id(SnapshotID)
    case name(ProjectName)
}
