import ClusterModel
import Placement

/// Another size, or another image, for an instance that exists.
extension ClusterState {
    /// Where it is, if there is room; else elsewhere, if it may begin anew there; else not at all.
    mutating func resize(
        _ key: InstanceKey, _ sizeName: Name, operation: OperationID, restart: Bool, at now: Timestamp
    ) throws(ErrorBody) -> Answer {
        var record = try changeable(key)
        guard let size = sizes[sizeName]?.value else {
            throw ErrorBody(code: .notFound, message: "There is no size “\(sizeName)”; see “berth size list”.")
        }
        let before = record.instance.spec
        guard before.size != size.name || before.resources != size.resources else { return .instance(record.instance, nil) }
        try checkDisk(record.instance, size)
        try checkQuota(record.instance.project, adding: QuotaUsage(from: before.resources, to: size.resources))
        guard !record.isPending else {
            record.instance.spec.size = size.name
            record.instance.spec.resources = size.resources
            put(record)
            roomAppeared()
            return .instance(record.instance, nil)
        }
        record = try arrangeable(key)
        try prepareRestart(of: &record, restart, to: "resize it")
        record.instance.spec.size = size.name
        record.instance.spec.resources = size.resources
        for trait in size.traits where !record.instance.spec.constraints.traits.contains(trait) {
            record.instance.spec.constraints.traits.append(trait)
        }
        if let refused = hold(&record, at: now) { return try move(record, refused, operation: operation, at: now) }
        note(
            .info, "InstanceResized", .instance(record.id, name: record.instance.name),
            "Instance “\(record.instance.name)” has the size “\(size.name)” instead of “\(before.size)”.", at: now)
        return try command(&record, .resize, operation, reason: "it gets the size \(size.name)", at: now)
    }

    private func checkDisk(_ instance: Instance, _ size: Size) throws(ErrorBody) {
        guard size.resources.disk >= instance.spec.resources.disk || instance.spec.image.format == .linux else {
            throw .conflict(
                "Size “\(size.name)” has a disk of \(size.resources.disk), and instance “\(instance.name)” one of "
                    + "\(instance.spec.resources.disk): a disk can only grow.")
        }
    }

    /// Takes the room of the spec on the instance's node instead of what it holds, wherever that is cordoned or not.
    /// - Returns: what the node is short of.
    private mutating func hold(_ record: inout InstanceRecord, at now: Timestamp) -> Refusal? {
        guard let placement = record.instance.placement, let held = engine.allocation(of: record.id),
            let wanted = engine.allocation(for: Self.request(record.instance.spec, instance: record.id), on: placement.node)
        else { return .stale }
        let free = (engine.free(on: placement.node) ?? .zero) + held.resources
        let need = wanted.resources
        if need.cpu > free.cpu { return .short(of: .cpu, need: need.cpu.count, free: max(0, free.cpu.count)) }
        if need.memory > free.memory { return .short(of: .memory, need: need.memory.count, free: max(0, free.memory.count)) }
        if need.disk > free.disk { return .short(of: .disk, need: need.disk.count, free: max(0, free.disk.count)) }
        for device in need.devices where device.count > free.count(of: device.name) {
            return .short(of: .device(device.name), need: device.count, free: max(0, free.count(of: device.name)))
        }
        step(.released(held))
        let number = step(.allocated(wanted))
        record.instance.placement?.allocation = wanted.resources
        record.instance.placement?.decidedAt = now
        record.instance.placement?.revision = number
        return nil
    }

    private mutating func move(_ record: InstanceRecord, _ refused: Refusal, operation: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        let nodeName = record.instance.placement?.nodeName.text ?? "?"
        guard record.mayMove, let home = record.instance.placement.flatMap({ nodes[$0.node]?.value }) else {
            throw ErrorBody(
                code: .noCapacity,
                message: "Node “\(nodeName)” \(refused), and instance “\(record.instance.name)” keeps its data there and does not move by itself.")
        }
        put(record)
        guard let elsewhere = move(record, from: home, at: now) else {
            guard let moved = instances[record.id]?.value else { throw .conflict("Instance “\(record.instance.name)” is gone.") }
            return .instance(moved.instance, currentOperation(of: moved))
        }
        throw ErrorBody(
            code: .noCapacity, message: "Node “\(nodeName)” \(refused), and elsewhere: \(Self.summary(elsewhere)).", noPlacement: elsewhere)
    }

    /// The root disk begins anew from an image; volumes stay as they are.
    mutating func rebuild(_ key: InstanceKey, _ imageName: Name?, operation: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        var record = try arrangeable(key)
        let image = try find(ImageKey.name(imageName ?? record.instance.spec.image.name, in: record.instance.project))
        guard image.minimumDisk <= record.instance.spec.resources.disk else {
            throw .invalid(
                "image: “\(image.name)” needs a disk of \(image.minimumDisk), and the instance has \(record.instance.spec.resources.disk).")
        }
        guard record.instance.spec.constraints.architecture == nil || record.instance.spec.constraints.architecture == image.architecture else {
            throw .invalid("image: “\(image.name)” is for \(image.architecture.rawValue).")
        }
        if let snapshot = storage.snapshots(of: record.id).first(where: \.hasRoot) {
            throw .conflict("Snapshot “\(snapshot.name)” is of the root disk that a rebuild throws away; delete it first.")
        }
        if record.instance.spec.desired == .running, record.instance.status.state != .stopped { record.instance.spec.reboots += 1 }
        changeImage(of: &record, to: image)
        var storage = record.storage ?? InstanceStorage()
        storage.rebuilds += 1
        storage.origin = nil
        record.storage = storage
        let begun = try arrange(&record, .rebuild, operation, reason: "it is rebuilt from \(image.name)", at: now)
        note(
            .warning, "InstanceRebuilding", .instance(record.id, name: record.instance.name),
            "Instance “\(record.instance.name)” begins anew from image “\(image.name)”.", at: now)
        return .instance(record.instance, begun)
    }
}
