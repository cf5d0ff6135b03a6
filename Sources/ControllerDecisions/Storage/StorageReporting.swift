import ClusterModel

/// What nodes say of volumes, pools and snapshots.
extension ClusterState {
    mutating func take(_ observed: ObservedNodeStorage, from id: NodeID, at now: Timestamp) {
        if var node = nodes[id]?.value {
            let pools = observed.pools.prefix(LedgerSettings.Limit.pools).map(\.clamped)
            if node.pools != pools {
                node.pools = pools
                change(node)
            }
        }
        for volume in observed.volumes.prefix(LedgerSettings.Limit.observedPerReport) {
            guard let record = storage.volumes[volume.id]?.value else { continue }
            guard record.volume.node == id else {
                takeElsewhere(volume, of: record, from: id, at: now)
                continue
            }
            take(volume, of: record, at: now)
        }
    }

    private mutating func take(_ observed: ObservedVolume, of record: VolumeRecord, at now: Timestamp) {
        var updated = record
        let reason = observed.reason.map { Printable($0, limit: 500).description }
        updated.volume.status.observedGeneration = max(0, observed.generation)
        if observed.generation > record.volume.generation, observed.generation < Int64.max / 2 {
            // The ledger is older than what the node has acted on, after a restore: the node heeds only what is newer still.
            updated.volume.generation = observed.generation + 1
            updated.desiredRevision = nextRevision
        }
        updated.volume.status.reason = reason
        updated.volume.status.size = observed.size
        updated.volume.status.used = observed.used
        switch observed.state {
        case .absent where record.deleted && observed.generation >= record.volume.generation:
            return forget(record, "is deleted and gone from node “\(record.volume.nodeName?.text ?? "?")”", at: now)
        case .ready:
            if updated.volume.status.state == .failed { updated.volume.status.state = .available }
            if !record.made { updated.desiredRevision = nextRevision }
            updated.made = true
        case .failed where !record.made || observed.size == nil: updated.volume.status.state = .failed
        case .absent, .making, .failed: break
        }
        updated.settle()
        guard updated != record else { return }
        put(updated)
        guard updated.volume.status.state != record.volume.status.state else { return }
        let subject = Event.Subject.volume(record.id, name: record.volume.name)
        switch updated.volume.status.state {
        case .failed: note(.error, "VolumeFailed", subject, "Volume “\(record.volume.name)” failed: \(reason ?? "no reason given").", at: now)
        case .available where !record.made: note(.info, "VolumeReady", subject, "Volume “\(record.volume.name)” is there.", at: now)
        case .available, .pending, .creating, .inUse, .deleting: break
        }
    }

    /// What an instance's node has made of its disks. What has failed for good is taken back.
    mutating func takeStorage(_ observed: ObservedStorage?, of record: inout InstanceRecord, at now: Timestamp) {
        guard let observed, record.storage != nil else { return }
        for volume in storage.volumes(of: record.id) { take(observed, volume, of: &record, at: now) }
        for snapshot in storage.snapshots(of: record.id) { take(observed, snapshot, of: &record, at: now) }
    }

    private mutating func take(_ observed: ObservedStorage, _ volume: VolumeRecord, of record: inout InstanceRecord, at now: Timestamp) {
        guard let attachment = volume.volume.attachment else { return }
        let isThere = observed.volumes.contains(volume.id)
        let isSettled = observed.generation >= volume.attachGeneration
        var updated = volume
        switch attachment.state {
        case .attaching where isThere:
            updated.volume.attachment?.state = .attached
            note(
                .info, "VolumeAttached", .volume(volume.id, name: volume.volume.name),
                "Volume “\(volume.volume.name)” is attached to instance “\(record.instance.name)”.", at: now)
        case .attaching where isSettled:
            let reason = observed.failure.map { Printable($0, limit: 500).description } ?? "the node gave no reason"
            take(&updated, from: &record)
            raise(&record)
            note(
                .error, "VolumeNotAttached", .volume(volume.id, name: volume.volume.name),
                "Volume “\(volume.volume.name)” could not be attached to instance “\(record.instance.name)”: \(reason).", at: now)
        case .detaching where isSettled && !isThere:
            updated.volume.attachment = nil
            updated.desiredRevision = nextRevision
            note(
                .info, "VolumeDetached", .volume(volume.id, name: volume.volume.name),
                "Volume “\(volume.volume.name)” is detached from instance “\(record.instance.name)”.", at: now)
        case .attaching, .attached, .detaching: return
        }
        updated.settle()
        put(updated)
    }

    private mutating func take(_ observed: ObservedStorage, _ snapshot: Snapshot, of record: inout InstanceRecord, at now: Timestamp) {
        let seen = observed.snapshots.first { $0.id == snapshot.id }
        let isSettled = observed.generation >= snapshot.generation
        var updated = snapshot
        switch (snapshot.state, seen) {
        case (.creating, let seen?):
            updated.state = .ready
            updated.consistency = seen.consistency
            updated.pauseMicroseconds = seen.pauseMicroseconds
            note(
                .info, "SnapshotTaken", .snapshot(snapshot.id, name: snapshot.name),
                "Snapshot “\(snapshot.name)” of instance “\(record.instance.name)” was taken.", at: now)
        case (.creating, nil) where isSettled:
            let reason = observed.failure.map { Printable($0, limit: 500).description } ?? "the node gave no reason"
            updated.state = .failed
            updated.reason = reason
            // Whatever is left of it on the node goes.
            if let place = record.storage?.snapshots.firstIndex(where: { $0.id == snapshot.id }) { record.storage?.snapshots[place].deleted = true }
            updated.generation = record.instance.generation + 1
            raise(&record)
            note(
                .error, "SnapshotFailed", .snapshot(snapshot.id, name: snapshot.name),
                "Snapshot “\(snapshot.name)” of instance “\(record.instance.name)” failed: \(reason).", at: now)
        case (.deleting, nil) where isSettled, (.failed, nil) where isSettled:
            record.storage?.snapshots.removeAll { $0.id == snapshot.id }
            remove(snapshot)
            note(
                .info, "SnapshotDeleted", .snapshot(snapshot.id, name: snapshot.name),
                "Snapshot “\(snapshot.name)” of instance “\(record.instance.name)” is gone.", at: now)
            return
        case (.creating, nil), (.ready, _), (.failed, _), (.deleting, _): return
        }
        put(updated)
    }

    private func raise(_ record: inout InstanceRecord) {
        record.instance.generation += 1
        record.desiredRevision = nextRevision
    }
}

extension StoragePool {
    fileprivate var clamped: StoragePool {
        func clamp(_ amount: MiB) -> MiB { MiB(min(max(0, amount.count), Resources.maximumAmount)) }
        return StoragePool(name: name, kind: kind, total: clamp(total), available: clamp(available))
    }
}
