import ClusterModel

/// What one node is told in a sync.
package struct DesiredSet: Hashable, Sendable {
    package var revision: Int64
    package var full: Bool
    package var instances: [DesiredInstance]

    /// - Parameters:
    ///   - entries: all that the node shall know of, each with the number of its latest change.
    ///   - seen: the number up to which the node has everything; 0 asks for all of it.
    package init(entries: [(revision: Int64, instance: DesiredInstance)], seen: Int64, all: Bool) {
        let latest = entries.map(\.revision).max() ?? 0
        let full = all || seen <= 0
        self.full = full
        // Never 0: that would ask for the full set again at once.
        revision = max(latest, full ? 1 : seen)
        instances = entries.filter { full || $0.revision > seen }.map(\.instance)
    }
}

extension ClusterState {
    /// A node that claims to have seen more than there is speaks of another ledger, and gets everything anew.
    package func desiredSet(of node: NodeID, seen: Int64) -> DesiredSet {
        let all = seen <= 0 || seen > revision
        var entries: [(revision: Int64, instance: DesiredInstance)] = []
        for row in rows(on: node) where all || row.value.desiredRevision > seen {
            if let desired = row.value.desired { entries.append((row.value.desiredRevision, desired)) }
        }
        entries.sort { $0.instance.id < $1.instance.id }
        for tombstone in tombstones(on: node) where all || tombstone.revision > seen { entries.append((tombstone.revision, tombstone.instance)) }
        return DesiredSet(entries: entries, seen: seen, all: all)
    }
}
