import ClusterModel
import Placement

/// Samples of what there was and what was taken, for a forecast. A bounded number of them: the farther back, the fewer. The first is never forgotten, so that the
/// whole past is told of.
package struct CapacityHistory: Sendable {
    /// In the order of their making.
    package private(set) var rows: [Row<CapacitySample>] = []
    package let limit: Int
    /// Samples closer together are not taken.
    package let interval: Milliseconds

    package init(limit: Int = 2048, interval: Milliseconds = Milliseconds(seconds: 300)) {
        self.limit = max(4, limit)
        self.interval = interval
    }

    /// A clock that was set back does not end the history.
    package func isDue(at now: Timestamp) -> Bool {
        guard let last = rows.last?.value.at.milliseconds else { return true }
        let (difference, overflow) = now.milliseconds.subtractingReportingOverflow(last)
        return overflow || difference.magnitude >= interval.count.magnitude
    }

    /// Where there are more than the limit: every other one of the older half.
    package var surplus: [Row<CapacitySample>] {
        guard rows.count > limit else { return [] }
        return rows.prefix(rows.count / 2).enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }

    package mutating func apply(_ edit: Edit<CapacitySample>) {
        guard let key = edit.after?.key ?? edit.before?.key else { return }
        let place = rows.lastIndex { $0.key < key }.map { $0 + 1 } ?? 0
        let isThere = place < rows.count && rows[place].key == key
        switch (edit.after, isThere) {
        case (let after?, true): rows[place] = after
        case (let after?, false): rows.insert(after, at: place)
        case (nil, true): rows.remove(at: place)
        case (nil, false): break
        }
    }
}

extension ClusterState {
    mutating func sampleCapacity(at now: Timestamp) -> Answer {
        guard capacityHistory.isDue(at: now) else { return .done }
        var sample = engine.sample(at: now)
        // Volumes hold room too.
        sample.instances = instances.count
        record { .capacity(Edit(before: nil, after: Row(key: $0, value: sample))) }
        for row in capacityHistory.surplus { record { _ in .capacity(Edit(before: row, after: nil)) } }
        return .done
    }
}
