import ClusterModel

/// Which nodes are not as they should be, and what they hold that has to leave. Follows from the rows.
struct UnrestIndex: Sendable {
    private(set) var suspect: Set<NodeID> = []
    private(set) var lost: Set<NodeID> = []
    /// With a drain that is not over.
    private(set) var draining: Set<NodeID> = []
    private var leavers: [NodeID: Set<InstanceID>] = [:]
    /// By the node that they have to be gone from before they are told to another.
    private var departing: [NodeID: Set<InstanceID>] = [:]

    func holdsLeavers(_ node: NodeID) -> Bool { !(leavers[node] ?? []).isEmpty }
    func leavers(of node: NodeID) -> [InstanceID] { (leavers[node] ?? []).sorted() }
    func departing(from node: NodeID) -> [InstanceID] { (departing[node] ?? []).sorted() }
    func departures(from node: NodeID) -> Int { departing[node]?.count ?? 0 }

    /// A lost node from which something may have to be placed elsewhere.
    var isBroken: Bool { lost.contains { leavers[$0] != nil || departing[$0] != nil } }

    mutating func apply(_ edit: Edit<Node>) {
        if let before = edit.before?.value {
            suspect.remove(before.id)
            lost.remove(before.id)
            draining.remove(before.id)
        }
        guard let after = edit.after?.value else { return }
        switch after.health {
        case .alive: break
        case .suspect: suspect.insert(after.id)
        case .lost: lost.insert(after.id)
        }
        if let drain = after.drain, drain.finishedAt == nil { draining.insert(after.id) }
    }

    mutating func apply(_ edit: Edit<InstanceRecord>) {
        guard let id = edit.before?.value.id ?? edit.after?.value.id else { return }
        Self.move(id, in: &leavers, from: Self.placed(edit.before?.value), to: Self.placed(edit.after?.value))
        Self.move(id, in: &departing, from: Self.left(edit.before?.value), to: Self.left(edit.after?.value))
    }

    private static func move(_ id: InstanceID, in sets: inout [NodeID: Set<InstanceID>], from before: NodeID?, to after: NodeID?) {
        guard before != after else { return }
        if let before {
            sets[before]?.remove(id)
            if sets[before]?.isEmpty ?? false { sets[before] = nil }
        }
        if let after { sets[after, default: []].insert(id) }
    }

    private static func left(_ record: InstanceRecord?) -> NodeID? {
        guard let record, record.isLeaving else { return nil }
        return record.move?.from
    }

    private static func placed(_ record: InstanceRecord?) -> NodeID? {
        guard let record, record.leavesLostNode else { return nil }
        return record.instance.placement?.node
    }
}
