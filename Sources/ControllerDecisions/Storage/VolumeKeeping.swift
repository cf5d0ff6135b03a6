import ClusterModel
import Placement

/// Making, growing and deleting volumes.
extension ClusterState {
    static let defaultPool: Name = {
        guard let name = try? Name("default") else { preconditionFailure("“default” is a name") }
        return name
    }()

    private static let largestVolume = MiB(64 << 20)

    mutating func create(_ new: StorageCommand.NewVolume, at now: Timestamp) throws(ErrorBody) -> Answer {
        guard storage.volumes[new.id] == nil else { throw .conflict("The id \(new.id) is in use.") }
        guard storage.volume(named: ProjectName(project: new.project, name: new.name)) == nil else {
            throw .conflict("A volume “\(new.name)” exists already in project “\(new.project)”; choose another name.")
        }
        guard storage.volumes.count < LedgerSettings.Limit.volumes else {
            throw .tooMany("There are \(storage.volumes.count) volumes, which is the most there may be.")
        }
        let source: VolumeRecord?
        if let key = new.source { source = try copyable(key, in: new.project) } else { source = nil }
        guard let size = new.size ?? source?.volume.spec.size else { throw .invalid("sizeMiB is missing.") }
        try checkSize(size)
        if let source, size < source.volume.spec.size {
            throw .invalid("sizeMiB: a copy of volume “\(source.volume.name)” needs at least its \(source.volume.spec.size).")
        }
        try checkLimits(new.limits)
        try checkProject(new.project)
        try checkQuota(new.project, adding: QuotaUsage(volumeOf: size))
        let spec = VolumeSpec(
            size: size, format: new.format ?? source?.volume.spec.format ?? .qcow2, pool: new.pool ?? source?.volume.spec.pool ?? Self.defaultPool,
            limits: new.limits, deleteWithInstance: new.deleteWithInstance,
            source: source.map { VolumeSource(volume: $0.id, name: $0.volume.name, format: $0.volume.spec.format, pool: $0.volume.spec.pool) })
        let volume = Volume(
            id: new.id, name: new.name, project: new.project, spec: spec, status: VolumeStatus(state: .pending), createdAt: now)
        var record = VolumeRecord(volume: volume, desiredRevision: nextRevision)
        if let node = try nodeToMakeOn(new, source: source) { try bind(&record, to: node) }
        record.desiredRevision = nextRevision
        record.settle()
        put(record)
        let place = record.volume.nodeName.map { " on node “\($0)”" } ?? "; it is made where it is first attached"
        note(
            .info, "VolumeCreated", .volume(volume.id, name: volume.name), "Volume “\(volume.name)” of \(size) was created\(place).", at: now)
        return .volume(record.volume, nil)
    }

    /// A copy is of what is at rest, and is made beside it.
    private func copyable(_ key: VolumeKey, in project: Name) throws(ErrorBody) -> VolumeRecord {
        let record = try find(key)
        let volume = record.volume
        guard record.volume.project == project else {
            throw .conflict("Volume “\(record.volume.name)” is in another project than its copy would be.")
        }
        guard record.made, !record.deleted else {
            throw .conflict("Volume “\(volume.name)” is \(volume.status.state.rawValue), so there is nothing to copy.")
        }
        guard !record.elsewhere.contains(where: { $0.state != .leaving }) else {
            throw .conflict("Volume “\(volume.name)” migrates with its instance; copy it when it has arrived.")
        }
        if let attachment = volume.attachment, let holder = instances[attachment.instance]?.value, holder.instance.status.state != .stopped {
            throw .conflict(
                "Volume “\(volume.name)” is in use by instance “\(attachment.instanceName)”; detach it, or stop the instance, to copy it.")
        }
        return record
    }

    private func nodeToMakeOn(_ new: StorageCommand.NewVolume, source: VolumeRecord?) throws(ErrorBody) -> Node? {
        let asked: Node?
        if let key = new.node { asked = try find(key) } else { asked = nil }
        guard let home = source?.volume.node else {
            if let asked, asked.health != .alive {
                throw .conflict("Node “\(asked.name)” is \(asked.health.rawValue), and only a node that is alive can make a volume.")
            }
            return asked
        }
        guard asked == nil || asked?.id == home else {
            throw .conflict(
                "Volume “\(source?.volume.name.text ?? "?")” is on node “\(source?.volume.nodeName?.text ?? "?")”, and a copy is made there.")
        }
        return nodes[home]?.value
    }

    /// Gives it room on a node, for as long as it is.
    mutating func bind(_ record: inout VolumeRecord, to node: Node) throws(ErrorBody) {
        try checkRoom(record, in: node, more: record.volume.spec.size)
        record.volume.node = node.id
        record.volume.nodeName = node.name
        step(.allocated(Allocation(instance: record.volume.holder, node: node.id, resources: record.volume.room)))
    }

    private func checkRoom(_ record: VolumeRecord, in node: Node, more: MiB) throws(ErrorBody) {
        let volume = record.volume
        guard let pool = node.pools.first(where: { $0.name == volume.spec.pool }) else {
            let known = node.pools.map { "“\($0.name)”" }.joined(separator: ", ")
            throw .conflict(
                "Node “\(node.name)” has no storage pool “\(volume.spec.pool)”\(known.isEmpty ? "" : "; it has \(known)").")
        }
        let free = engine.free(on: node.id)?.disk ?? .zero
        guard free >= more else {
            throw ErrorBody(
                code: .noCapacity,
                message: "Node “\(node.name)” has \(max(free, .zero)) of disk to give, and volume “\(volume.name)” needs \(more) more.")
        }
        let room = room(in: pool, of: node)
        guard room >= more else {
            throw ErrorBody(
                code: .noCapacity,
                message: "Pool “\(pool.name)” on node “\(node.name)” has \(max(room, .zero)) to give, and volume “\(volume.name)” needs \(more) more."
            )
        }
    }

    /// What is left of it to give; less than nothing where it has shrunk.
    func room(in pool: StoragePool, of node: Node) -> MiB {
        var taken = storage.volumes(on: node.id).reduce(MiB.zero) { $1.volume.spec.pool == pool.name ? $0 + $1.volume.spec.size : $0 }
        for stray in storage.strays(on: node.id) where stray.volume.spec.pool == pool.name {
            for place in stray.elsewhere where place.node == node.id { taken = taken + place.size }
        }
        return MiB(pool.total.count / 100 * max(100, node.capacity.overcommit.diskPercent)) - taken
    }

    private func checkSize(_ size: MiB) throws(ErrorBody) {
        guard size >= MiB(1), size <= Self.largestVolume else {
            throw .invalid("sizeMiB: \(size.count) is out of range: 1 to \(Self.largestVolume.count) is allowed.")
        }
    }

    private func checkLimits(_ limits: IOLimits) throws(ErrorBody) {
        for (limit, field) in [(limits.iops, "iops"), (limits.bytesPerSecond, "bytesPerSecond")] {
            guard let limit, !IOLimits.allowed.contains(limit) else { continue }
            throw .invalid("limits.\(field): \(limit) is out of range: 1 to \(IOLimits.allowed.upperBound) is allowed.")
        }
    }

    // MARK: Changing

    mutating func update(
        _ key: VolumeKey, _ change: StorageCommand.VolumeUpdate, operation: OperationID, at now: Timestamp
    ) throws(ErrorBody) -> Answer {
        var record = try find(key)
        let before = record.volume
        guard !record.deleted else { throw .conflict("Volume “\(before.name)” is being deleted.") }
        if let flag = change.deleteWithInstance { record.volume.spec.deleteWithInstance = flag }
        if let limits = change.limits {
            try checkLimits(limits)
            record.volume.spec.limits = limits
        }
        if let size = change.size { try grow(&record, to: size) }
        guard record.volume != before else { return .volume(before, nil) }
        let concernsNode = record.volume.spec.size != before.spec.size || record.volume.spec.limits != before.spec.limits
        guard concernsNode, record.volume.node != nil else {
            put(record)
            return .volume(record.volume, nil)
        }
        record.volume.generation += 1
        record.desiredRevision = nextRevision
        guard let attachment = before.attachment, attachment.state != .detaching else {
            put(record)
            return .volume(record.volume, nil)
        }
        var holder = try arrangeable(.id(attachment.instance))
        guard let place = holder.storage?.volumes.firstIndex(where: { $0.id == record.id }) else {
            throw .conflict("Volume “\(before.name)” is being detached.")
        }
        let port = holder.storage?.volumes[place].port
        holder.storage?.volumes[place] = record.attached(port: port)
        put(record)
        let begun = try arrange(&holder, .grow, operation, reason: "volume \(before.name) changes", at: now)
        return .volume(record.volume, begun)
    }

    private mutating func grow(_ record: inout VolumeRecord, to size: MiB) throws(ErrorBody) {
        let volume = record.volume
        try checkSize(size)
        guard size >= volume.spec.size else {
            throw .invalid("sizeMiB: volume “\(volume.name)” has \(volume.spec.size); a volume can only grow.")
        }
        guard size > volume.spec.size else { return }
        var more = QuotaUsage()
        more.disk = size - volume.spec.size
        try checkQuota(volume.project, adding: more)
        if let id = volume.node {
            guard let node = nodes[id]?.value, let held = engine.allocation(of: volume.holder) else {
                throw .conflict("Volume “\(volume.name)” has lost its node.")
            }
            try checkRoom(record, in: node, more: size - volume.spec.size)
            record.volume.spec.size = size
            step(.released(held))
            step(.allocated(Allocation(instance: volume.holder, node: id, resources: record.volume.room)))
        } else {
            record.volume.spec.size = size
        }
    }

    mutating func delete(_ key: VolumeKey, at now: Timestamp) throws(ErrorBody) -> Answer {
        var record = try find(key)
        let volume = record.volume
        if record.deleted { return .volume(volume, nil) }
        if let attachment = volume.attachment {
            throw .conflict("Volume “\(volume.name)” is attached to instance “\(attachment.instanceName)”; detach it first.")
        }
        if let copy = storage.copies(of: record.id).first(where: { !$0.made && !$0.deleted && $0.volume.status.state != .failed }) {
            throw .conflict("Volume “\(volume.name)” is being copied to “\(copy.volume.name)”; wait until that is done.")
        }
        record.deleted = true
        record.volume.generation += 1
        record.desiredRevision = nextRevision
        record.settle()
        guard volume.node != nil else {
            forget(record, "was deleted before it was made", at: now)
            return .volume(record.volume, nil)
        }
        put(record)
        return .volume(record.volume, nil)
    }

    /// It is gone from its home. It leaves the ledger with the last of what other nodes still hold of it.
    mutating func forget(_ record: VolumeRecord, _ how: String, at now: Timestamp) {
        if let allocation = engine.allocation(of: record.volume.holder) {
            step(.released(allocation))
            roomAppeared()
        }
        guard record.elsewhere.isEmpty else {
            var record = record
            record.volume.node = nil
            record.volume.nodeName = nil
            record.volume.attachment = nil
            record.deleted = true
            record.volume.generation += 1
            for place in record.elsewhere.indices { record.elsewhere[place].leave(record.volume.generation) }
            record.desiredRevision = nextRevision
            record.settle()
            return put(record)
        }
        remove(record)
        note(
            .info, "VolumeDeleted", .volume(record.id, name: record.volume.name), "Volume “\(record.volume.name)” \(how).", at: now)
    }

    /// The room of volumes as the rows have it.
    mutating func restoreVolumes() {
        for row in storage.volumes.values.sorted(by: { $0.key < $1.key }) {
            for place in row.value.elsewhere { engine.apply(.allocated(place.allocation(of: row.value.id))) }
            guard let node = row.value.volume.node else { continue }
            engine.apply(.allocated(Allocation(instance: row.value.volume.holder, node: node, resources: row.value.volume.room)))
        }
    }
}
