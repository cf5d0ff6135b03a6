import ClusterModel
import ControllerDecisions

/// What is durable in the store, beside every controller.
struct LedgerMirror {
    private(set) var instances: [InstanceID: Row<InstanceRecord>] = [:]
    private(set) var nodes: [NodeID: Row<Node>] = [:]
    private(set) var tombstones: [TombstoneID: Row<Tombstone>] = [:]
    private(set) var recovery: Recovery?
    private(set) var running: [OperationID: Row<InstanceOperation>] = [:]
    private var names: [Name: InstanceID] = [:]

    mutating func take(_ change: Change) {
        switch change {
        case .instance(let edit):
            if let before = edit.before?.value {
                instances[before.id] = nil
                if names[before.instance.name] == before.id { names[before.instance.name] = nil }
            }
            if let after = edit.after {
                instances[after.value.id] = after
                names[after.value.instance.name] = after.value.id
            }
        case .node(let edit):
            if let before = edit.before { nodes[before.value.id] = nil }
            if let after = edit.after { nodes[after.value.id] = after }
        case .tombstone(let edit):
            if let before = edit.before { tombstones[before.value.id] = nil }
            if let after = edit.after { tombstones[after.value.id] = after }
        case .recovery(let edit): recovery = edit.after?.value
        case .operation(let edit):
            if let before = edit.before { running[before.value.id] = nil }
            if let after = edit.after, after.value.state == .running { running[after.value.id] = after }
        case .size, .image, .key, .seed, .volume, .snapshot, .access, .joinToken, .credential, .capacity: break
        }
    }

    func named(_ name: Name) -> InstanceRecord? { names[name].flatMap { instances[$0]?.value } }

    /// Some node has still to take it away.
    func isBuried(_ id: InstanceID) -> Bool { tombstones.keys.contains { $0.instance == id } }

    /// Those that wait for an operator's word, by id.
    var quarantined: [InstanceID] {
        instances.keys.sorted().filter { id in
            guard let record = instances[id]?.value else { return false }
            return record.isQuarantined || record.instance.status.state == .quarantined
        }
    }
}
