/// Whom things belong to: names are unique in it, roles are held in it, and its quota bounds what it takes.
package struct Project: Hashable, Sendable, Codable {
    package var name: Name
    package var quota: Quota
    package var createdAt: Timestamp
    package init(name: Name, quota: Quota = Quota(), createdAt: Timestamp) {
        self.name = name
        self.quota = quota
        self.createdAt = createdAt
    }

    /// There is always one.
    package static let first: Name = {
        guard let name = try? Name("default") else { preconditionFailure("“default” is a name") }
        return name
    }()
}

/// What a project may have at most; nil is no limit.
package struct Quota: Hashable, Sendable, Codable {
    package enum Resource: String, Hashable, Sendable, Codable, CaseIterable {
        case instances, cpu, memory, disk, volumes, snapshots, images
    }

    package var instances: Int64?
    package var cpu: MilliCPU?
    package var memory: MiB?
    package var disk: MiB?
    package var volumes: Int64?
    package var snapshots: Int64?
    package var images: Int64?
    package init() {}

    private enum CodingKeys: String, CodingKey {
        case instances, volumes, snapshots, images
        case cpu = "milliCPU", memory = "memoryMiB", disk = "diskMiB"
    }

    package subscript(resource: Resource) -> Int64? {
        get {
            switch resource {
            case .instances: instances
            case .cpu: cpu?.count
            case .memory: memory?.count
            case .disk: disk?.count
            case .volumes: volumes
            case .snapshots: snapshots
            case .images: images
            }
        }
        set {
            switch resource {
            case .instances: instances = newValue
            case .cpu: cpu = newValue.map { MilliCPU($0) }
            case .memory: memory = newValue.map { MiB($0) }
            case .disk: disk = newValue.map { MiB($0) }
            case .volumes: volumes = newValue
            case .snapshots: snapshots = newValue
            case .images: images = newValue
            }
        }
    }
}

/// What a project has. Disk is that of instances and of volumes.
package struct QuotaUsage: Hashable, Sendable, Codable {
    package var instances: Int64 = 0
    package var cpu = MilliCPU.zero
    package var memory = MiB.zero
    package var disk = MiB.zero
    package var volumes: Int64 = 0
    package var snapshots: Int64 = 0
    package var images: Int64 = 0
    package init() {}

    /// So many instances of this size.
    package init(instances count: Int64, of resources: Resources) {
        instances = count
        cpu = MilliCPU(resources.cpu.count * count)
        memory = MiB(resources.memory.count * count)
        disk = MiB(resources.disk.count * count)
    }

    package init(volumeOf size: MiB) {
        volumes = 1
        disk = size
    }

    package init(snapshots count: Int64) { snapshots = count }
    package init(images count: Int64) { images = count }

    /// What an instance takes more with other resources; what it takes less counts as nothing.
    package init(from before: Resources, to after: Resources) {
        cpu = max(.zero, after.cpu - before.cpu)
        memory = max(.zero, after.memory - before.memory)
        disk = max(.zero, after.disk - before.disk)
    }

    private enum CodingKeys: String, CodingKey {
        case instances, volumes, snapshots, images
        case cpu = "milliCPU", memory = "memoryMiB", disk = "diskMiB"
    }

    package subscript(resource: Quota.Resource) -> Int64 {
        switch resource {
        case .instances: instances
        case .cpu: cpu.count
        case .memory: memory.count
        case .disk: disk.count
        case .volumes: volumes
        case .snapshots: snapshots
        case .images: images
        }
    }

    package static func += (left: inout Self, right: Self) {
        left.instances += right.instances
        left.cpu += right.cpu
        left.memory += right.memory
        left.disk += right.disk
        left.volumes += right.volumes
        left.snapshots += right.snapshots
        left.images += right.images
    }

    package static func -= (left: inout Self, right: Self) {
        left.instances -= right.instances
        left.cpu -= right.cpu
        left.memory -= right.memory
        left.disk -= right.disk
        left.volumes -= right.volumes
        left.snapshots -= right.snapshots
        left.images -= right.images
    }
}

extension Quota.Resource {
    /// As people read it: "4" vCPUs, "16 GiB".
    package func text(_ amount: Int64) -> String {
        switch self {
        case .instances, .volumes, .snapshots, .images: "\(amount)"
        case .cpu: MilliCPU(amount).description
        case .memory, .disk: MiB(amount).description
        }
    }

    package var words: String { self == .cpu ? "vCPUs" : rawValue }
}
