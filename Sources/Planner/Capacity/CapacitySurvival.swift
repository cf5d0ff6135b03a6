import ClusterModel
import Placement

/// How many nodes may be lost at once with every instance still placeable elsewhere.
///
/// Every single node is tried. Of larger sets there are too many: those are tried that hold the most, over the whole cluster and among nodes of one kind
/// (the same labels but for their names, taints, traits and devices), so the number is what no such set breaks.
package struct CapacitySurvival: Sendable, Codable {
    package let survivableNodes: Int
    /// The first set that was found to break it; nil where none was.
    package let breakingNodes: [Name]?
    /// Who would find no room then, and why the first of them would not.
    package let unplaceable: [Name]
    package let why: String?
    package let setsTried: Int

    package init(_ snapshot: ClusterSnapshot) { self.init(snapshot) {} }

    /// `keepGoing` is asked before each set; what it throws ends the trials.
    package init(_ snapshot: ClusterSnapshot, keepGoing: () throws -> Void) rethrows {
        var trial = SurvivalTrial(snapshot)
        var broken: (nodes: [Int], failed: [(Name, NoPlacement)])?
        for node in trial.occupied where broken == nil {
            try keepGoing()
            let failed = trial.lose([node])
            if !failed.isEmpty { broken = ([node], failed) }
        }
        if broken == nil {
            for order in trial.orders {
                let most = (broken?.nodes.count).map { $0 - 1 } ?? order.count
                if let found = try trial.smallestPrefix(of: order, upTo: min(most, order.count), keepGoing) { broken = found }
            }
        }
        survivableNodes = broken.map { $0.nodes.count - 1 } ?? trial.order.count
        breakingNodes = broken.map { $0.nodes.map { snapshot.nodes[$0].placement.name }.sorted() }
        unplaceable = broken?.failed.map(\.0) ?? []
        why = broken?.failed.first.map { _, none in
            none.nearestMiss ?? none.counts.first.map { "\($0.nodes) of \(none.nodes) nodes: \($0.reason)" } ?? "no node is left"
        }
        setsTried = trial.tried
    }
}

private struct SurvivalTrial {
    private let snapshot: ClusterSnapshot
    private let engine: PlacementEngine
    private let residents: [NodeID: [Int]]
    /// Positions of all nodes: those that hold the most first, then the largest empty ones.
    let order: [Int]
    /// Of these, those that hold something.
    var occupied: [Int] { order.filter { residents[snapshot.nodes[$0].placement.id] != nil } }
    private(set) var tried = 0

    init(_ snapshot: ClusterSnapshot) {
        self.snapshot = snapshot
        engine = snapshot.engine()
        var residents: [NodeID: [Int]] = [:]
        for (index, instance) in snapshot.instances.enumerated() { if let node = instance.node { residents[node, default: []].append(index) } }
        self.residents = residents
        let rooms = Dictionary(NodeRoom.all(of: snapshot).map { ($0.node.placement.id, $0) }, uniquingKeysWith: { first, _ in first })
        func load(_ index: Int) -> Int64 { rooms[snapshot.nodes[index].placement.id]?.allocated.memory.count ?? 0 }
        func room(_ index: Int) -> Int64 { snapshot.nodes[index].placement.allocatable.memory.count }
        order = snapshot.nodes.indices.sorted { left, right in
            (load(left), room(left), snapshot.nodes[right].placement.name) > (load(right), room(right), snapshot.nodes[left].placement.name)
        }
    }

    /// The fullest of all, and of each kind of node.
    var orders: [[Int]] {
        var kinds: [String: [Int]] = [:]
        for index in order {
            let node = snapshot.nodes[index].placement
            let kind = [
                node.taints.map(\.description), node.traits, node.allocatable.devices.map(\.name.text),
                [node.architecture.rawValue, node.pool?.text ?? ""],
            ].flatMap { $0.sorted() + ["|"] }.joined(separator: ",")
            kinds[kind, default: []].append(index)
        }
        guard kinds.count > 1 else { return [order] }
        return [order] + kinds.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Whom there is no room for when these nodes are gone.
    mutating func lose(_ nodes: [Int]) -> [(Name, NoPlacement)] {
        tried += 1
        var engine = self.engine
        var displaced: [Int] = []
        for node in nodes {
            let id = snapshot.nodes[node].placement.id
            displaced += residents[id] ?? []
            engine.removeNode(id)
        }
        displaced.sort { left, right in
            let (a, b) = (snapshot.instances[left].request.resources, snapshot.instances[right].request.resources)
            return a.memory != b.memory ? a.memory > b.memory : a.cpu != b.cpu ? a.cpu > b.cpu : left < right
        }
        var failed: [(Name, NoPlacement)] = []
        for index in displaced {
            do {
                let decision = try engine.place(snapshot.instances[index].request)
                try? engine.allocate(decision.allocation)
            } catch { failed.append((snapshot.instances[index].name, error)) }
        }
        return failed
    }

    /// By halving, as if more lost nodes never helped.
    mutating func smallestPrefix(
        of order: [Int], upTo most: Int, _ keepGoing: () throws -> Void
    ) rethrows -> (nodes: [Int], failed: [(Name, NoPlacement)])? {
        guard most > 1 else { return nil }
        var failed = lose(Array(order.prefix(most)))
        guard !failed.isEmpty else { return nil }
        var low = 2
        var high = most
        while low < high {
            try keepGoing()
            let middle = low + (high - low) / 2
            let here = lose(Array(order.prefix(middle)))
            if here.isEmpty { low = middle + 1 } else { (high, failed) = (middle, here) }
        }
        return (Array(order.prefix(high)), failed)
    }
}
