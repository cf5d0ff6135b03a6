import ClusterModel
import Placement

extension ClusterState {
    /// Something changed that may let a waiting instance in: the whole queue is tried again.
    mutating func roomAppeared() {
        if !pending.isEmpty { pendingCursor = 0 }
    }

    /// Tries waiting instances in the order of their launches, a bounded number at a time; `pendingCursor` says where to go on.
    /// One that does not fit holds up nobody behind it.
    mutating func placePending(again: Bool, at now: Timestamp) -> Answer {
        if again { roomAppeared() }
        guard let cursor = pendingCursor else { return .done }
        pendingCursor = nil
        let first = firstPending(from: cursor)
        let tried = pending[first...].prefix(LedgerSettings.Limit.placedAtOnce)
        let next = first + tried.count < pending.count ? pending[first + tried.count].key : nil
        for entry in tried {
            guard let row = instances[entry.instance] else { continue }
            place(row.value, at: now)
        }
        pendingCursor = next
        return .done
    }

    private mutating func place(_ waiting: InstanceRecord, at now: Timestamp) {
        guard let decision = engine.decide(Self.request(waiting.instance.spec, instance: waiting.id)) else { return }
        var record = waiting
        record.instance.placement = allocate(decision, at: now)
        record.desiredRevision = nextRevision
        settle(&record, reason: "placed on \(decision.nodeName)", at: now)
        put(record)
        note(
            .info, "InstancePlaced", .instance(record.id, name: record.instance.name),
            "Instance “\(record.instance.name)” placed on \(decision.nodeName), after waiting for room.", at: now)
    }
}
