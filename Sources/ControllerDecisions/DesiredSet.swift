import ClusterModel

/// What one node is told in a sync.
package struct DesiredSet: Hashable, Sendable {
    /// Below 0 in a set of removals, which the node confirms before it is told anything else: the next request then asks for everything again,
    /// and says by the number which removals it knows of.
    package var revision: Int64
    package var full: Bool
    package var instances: [DesiredInstance]
    /// All of the node's; nil where none of them changed.
    package var volumes: [DesiredVolume]?

    /// - Parameters:
    ///   - entries: all that the node shall know of, each with the number of its latest change.
    ///   - seen: the number up to which the node has everything; 0 asks for all of it.
    ///   - volumes: of the node, with the number of the latest change of any.
    package init(
        entries: [(revision: Int64, instance: DesiredInstance)], seen: Int64, all: Bool, volumes: (revision: Int64, all: [DesiredVolume])? = nil
    ) {
        let latest = max(entries.map(\.revision).max() ?? 0, volumes?.revision ?? 0)
        let full = all || seen <= 0
        if let volumes, full || volumes.revision > seen { self.volumes = volumes.all }
        self.full = full
        // Never 0: that would ask for the full set again at once.
        revision = max(latest, full ? 1 : seen)
        instances = entries.filter { full || $0.revision > seen }.map(\.instance)
    }

    /// What a node that was given up takes away before it is told anything else. It is told once, and again when it has forgotten.
    init(removals: [Tombstone], seen: Int64, latest: Int64) {
        let known = seen < 0 && seen >= -latest ? -seen : 0
        full = false
        revision = -(removals.map(\.revision).max() ?? 1)
        instances = removals.filter { $0.revision > known }.map(\.instance)
    }
}

extension ClusterState {
    /// A node that claims to have seen more than there is speaks of another ledger, and gets everything anew.
    package func desiredSet(of node: NodeID, seen: Int64) -> DesiredSet {
        let removals = tombstones(on: node)
        if removals.contains(where: { !$0.cause.goesBesideOthers }) { return DesiredSet(removals: removals, seen: seen, latest: revision) }
        let all = seen <= 0 || seen > revision
        var entries: [(revision: Int64, instance: DesiredInstance)] = []
        for row in rows(on: node) where all || row.value.desiredRevision > seen {
            if let desired = row.value.desired { entries.append((row.value.desiredRevision, desired)) }
        }
        for id in visits.on(node) {
            guard let record = instances[id]?.value, all || record.desiredRevision > seen, let desired = record.desiredOfPeer else { continue }
            entries.append((record.desiredRevision, desired))
        }
        entries.sort { $0.instance.id < $1.instance.id }
        for tombstone in removals where all || tombstone.revision > seen { entries.append((tombstone.revision, tombstone.instance)) }
        return DesiredSet(entries: entries, seen: seen, all: all, volumes: desiredVolumes(of: node))
    }
}

extension ClusterState {
    /// All volumes of a node with the number of the latest change of any; nil where it has none.
    private func desiredVolumes(of node: NodeID) -> (revision: Int64, all: [DesiredVolume])? {
        guard storage.holdsVolumes(node) else { return nil }
        let (records, strays) = (storage.volumes(on: node), storage.strays(on: node))
        return ((records + strays).reduce(0) { max($0, $1.desiredRevision) }, records.map(\.desired) + strays.compactMap { $0.desired(on: node) })
    }
}
