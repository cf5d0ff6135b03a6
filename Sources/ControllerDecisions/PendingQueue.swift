import ClusterModel
import Placement

/// Where in the queue an instance stands: by priority, then by age.
package struct PendingPlace: Hashable, Comparable, Sendable {
    package var priority: Int
    package var key: Int64

    init(_ row: Row<InstanceRecord>) {
        priority = row.value.instance.spec.priority
        key = row.key
    }

    private init(priority: Int, key: Int64) {
        self.priority = priority
        self.key = key
    }

    static let first = Self(priority: .max, key: .min)

    package static func < (left: Self, right: Self) -> Bool {
        left.priority != right.priority ? left.priority > right.priority : left.key < right.key
    }
}

extension ClusterState {
    /// Something changed that may let a waiting instance in, or out: the whole queue is tried again.
    mutating func roomAppeared() {
        if hasWork { pendingCursor = .first }
    }

    /// Somebody waits for room, or should leave a node.
    package var hasWork: Bool { hasPending || !unrest.draining.isEmpty || unrest.isBroken }

    /// The first place in the queue that is not before this one.
    func firstPending(from place: PendingPlace) -> Int {
        var low = 0
        var high = pending.count
        while low < high {
            let middle = (low + high) / 2
            if pending[middle].place < place { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Takes instances off lost nodes, then tries those that wait, in the order of their priority and age, then goes on with drains: a bounded number
    /// at a time; `pendingCursor` says where to go on. One that does not fit holds up nobody behind it.
    mutating func placePending(again: Bool, at now: Timestamp) -> Answer {
        if again { roomAppeared() }
        guard pendingCursor != nil else { return .done }
        let isComplete = recoverFromLostNodes(at: now)
        guard isComplete, let cursor = pendingCursor else {
            pendingCursor = .first
            return .done
        }
        if cursor == .first { drainNodes(at: now) }
        let first = firstPending(from: cursor)
        let tried = pending[first...].prefix(LedgerSettings.Limit.placedAtOnce)
        let next = first + tried.count < pending.count ? pending[first + tried.count].place : nil
        for entry in tried {
            guard let row = instances[entry.instance], isPlacedByItself(row.value) else { continue }
            place(row.value, at: now)
        }
        // What a move or a placement of this round has changed does not make it begin anew: the next report or tick does.
        pendingCursor = next
        return .done
    }

    /// During a hold nothing that came from a lost node is placed; from an old copy of the ledger nothing at all.
    private func isPlacedByItself(_ record: InstanceRecord) -> Bool {
        guard let hold = recovery?.value.hold else { return true }
        return hold.reason != .restoredStore && record.move == nil
    }

    private mutating func place(_ waiting: InstanceRecord, at now: Timestamp) {
        guard let decision = engine.decide(Self.request(waiting.instance.spec, instance: waiting.id)) else {
            return explainWait(of: waiting, at: now)
        }
        var record = waiting
        let why = waiting.move.map { "after it left \($0.fromName)" } ?? "after waiting for room"
        if !record.isLeaving { record.move = nil }
        record.instance.placement = allocate(decision, at: now)
        record.instance.status.reason = nil
        record.desiredRevision = nextRevision
        settle(&record, reason: "placed on \(decision.nodeName)", at: now)
        put(record)
        note(
            .info, "InstancePlaced", .instance(record.id, name: record.instance.name),
            "Instance “\(record.instance.name)” placed on \(decision.nodeName), \(why).", at: now)
    }

    /// Once for each that has to leave a node.
    private mutating func explainWait(of waiting: InstanceRecord, at now: Timestamp) {
        guard waiting.move != nil, waiting.instance.status.reason == nil else { return }
        do { _ = try engine.place(Self.request(waiting.instance.spec, instance: waiting.id)) } catch {
            var record = waiting
            let reason = "waits for room: \(Self.summary(error))"
            record.instance.status.reason = reason
            put(record)
            note(
                .warning, "InstancePending", .instance(record.id, name: record.instance.name), "Instance “\(record.instance.name)” \(reason).",
                at: now)
        }
    }

    static func summary(_ refused: NoPlacement) -> String {
        guard refused.nodes > 0 else { return "there is no node" }
        let reasons = refused.counts.prefix(4).map { "\($0.nodes) \($0.reason)" }.joined(separator: ", ")
        return "of \(refused.nodes) nodes \(reasons)\(refused.nearestMiss.map { "; \($0)" } ?? "")"
    }
}
