import ClusterModel
import ControllerDecisions
import Synchronization

/// What readers see: the ledger as of the last commit, never anything that might still be taken back.
final class CommittedView: Sendable {
    private struct Content {
        var state: ClusterState
        var nodes: OrderedRows<Node>
        var instances: OrderedRows<InstanceRecord>
        var sizes: OrderedRows<Size>
        var images: OrderedRows<Image>
        var operations: OrderedRows<InstanceOperation>
        var keys: OrderedRows<SSHKey>
        var volumes: OrderedRows<VolumeRecord>
        var snapshots: OrderedRows<Snapshot>
        var instancesByState: [InstanceState: Int] = [:]
    }

    private let content: Mutex<Content>

    init(_ state: ClusterState) {
        var content = Content(
            state: state, nodes: OrderedRows(state.nodes.values), instances: OrderedRows(state.instances.values),
            sizes: OrderedRows(state.sizes.values), images: OrderedRows(state.images.values), operations: OrderedRows(state.operations.values),
            keys: OrderedRows(state.keys.values), volumes: OrderedRows(state.storage.volumes.values),
            snapshots: OrderedRows(state.storage.snapshots.values))
        for row in state.instances.values { content.instancesByState[row.value.instance.status.state, default: 0] += 1 }
        self.content = Mutex(content)
    }

    func apply(_ effects: Effects, revision: Int64) {
        content.withLock { content in
            content.state.learn(uptime: effects.uptime)
            for change in effects.changes {
                content.state.install(change.change)
                switch change.change {
                case .node(let edit): content.nodes.apply(edit)
                case .instance(let edit):
                    content.instances.apply(edit)
                    if let before = edit.before { content.instancesByState[before.value.instance.status.state, default: 0] -= 1 }
                    if let after = edit.after { content.instancesByState[after.value.instance.status.state, default: 0] += 1 }
                case .size(let edit): content.sizes.apply(edit)
                case .image(let edit): content.images.apply(edit)
                case .operation(let edit): content.operations.apply(edit)
                case .key(let edit): content.keys.apply(edit)
                case .volume(let edit): content.volumes.apply(edit)
                case .snapshot(let edit): content.snapshots.apply(edit)
                case .tombstone, .seed, .recovery, .access, .joinToken, .credential, .capacity: break
                }
            }
            content.state.follow(effects.steps, to: revision)
        }
    }

    /// A look that is short: the writer waits for it. What takes long is done on a `copy`.
    func read<Value: Sendable>(_ look: (ClusterState) throws(ErrorBody) -> Value) throws(ErrorBody) -> Value {
        let result = content.withLock { content -> Result<Value, ErrorBody> in
            do throws(ErrorBody) { return .success(try look(content.state)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    func look<Value: Sendable>(_ look: (ClusterState) -> Value) -> Value { content.withLock { look($0.state) } }

    var copy: ClusterState { content.withLock { $0.state } }

    var revision: Int64 { content.withLock { $0.state.revision } }

    var nodes: Listed<Node> { content.withLock { Listed(rows: $0.nodes.rows, revision: $0.state.revision) } }
    var instances: Listed<InstanceRecord> { content.withLock { Listed(rows: $0.instances.rows, revision: $0.state.revision) } }
    var sizes: Listed<Size> { content.withLock { Listed(rows: $0.sizes.rows, revision: $0.state.revision) } }
    var images: Listed<Image> { content.withLock { Listed(rows: $0.images.rows, revision: $0.state.revision) } }
    var keys: Listed<SSHKey> { content.withLock { Listed(rows: $0.keys.rows, revision: $0.state.revision) } }
    var volumes: Listed<VolumeRecord> { content.withLock { Listed(rows: $0.volumes.rows, revision: $0.state.revision) } }
    var snapshots: Listed<Snapshot> { content.withLock { Listed(rows: $0.snapshots.rows, revision: $0.state.revision) } }
    var operations: Listed<InstanceOperation> { content.withLock { Listed(rows: $0.operations.rows, revision: $0.state.revision) } }
    var instancesByState: [InstanceState: Int] { content.withLock { $0.instancesByState } }
}

/// Rows as of one revision, in the order of their making.
struct Listed<Value: Sendable>: Sendable {
    var rows: [Row<Value>]
    var revision: Int64
}

/// Rows by key. New rows have the highest key yet, so that putting is appending.
struct OrderedRows<Value: Sendable> {
    private(set) var rows: [Row<Value>]

    init(_ rows: some Sequence<Row<Value>>) { self.rows = rows.sorted { $0.key < $1.key } }

    mutating func apply(_ edit: Edit<Value>) {
        guard let key = edit.after?.key ?? edit.before?.key else { return }
        let place = first(from: key)
        let present = place < rows.count && rows[place].key == key
        switch (edit.after, present) {
        case (let after?, true): rows[place] = after
        case (let after?, false): rows.insert(after, at: place)
        case (nil, true): rows.remove(at: place)
        case (nil, false): break
        }
    }

    /// The first place whose key is at least `key`.
    private func first(from key: Int64) -> Int {
        if let last = rows.last, last.key < key { return rows.count }
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
