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
        full = all || seen <= 0
        revision = max(latest, seen, 1)
        let full = full
        instances = entries.filter { full || $0.revision > seen }.map(\.instance)
    }
}
