import ClusterModel

/// Which instances hold room on a second node. Follows from the rows.
struct VisitIndex: Sendable {
    private var byNode: [NodeID: Set<InstanceID>] = [:]

    func on(_ node: NodeID) -> [InstanceID] { (byNode[node] ?? []).sorted() }
    func isEmpty(_ node: NodeID) -> Bool { byNode[node] == nil }
    var all: [InstanceID] { byNode.isEmpty ? [] : byNode.values.flatMap(\.self).sorted() }

    mutating func apply(_ edit: Edit<InstanceRecord>) {
        let before = edit.before?.value.migration?.peer
        let after = edit.after?.value.migration?.peer
        guard before != after, let id = edit.after?.value.id ?? edit.before?.value.id else { return }
        if let before {
            byNode[before]?.remove(id)
            if byNode[before]?.isEmpty ?? false { byNode[before] = nil }
        }
        if let after { byNode[after, default: []].insert(id) }
    }
}
