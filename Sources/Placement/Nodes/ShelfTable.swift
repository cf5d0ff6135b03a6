import ClusterModel

/// What nodes have in common apart from room and labels. The index keeps a shelf for each kind and set of devices still free,
/// so that a request is held against a few shelves instead of every node.
struct NodeKind: Hashable, Sendable {
    var architecture: Architecture
    var pool: Name?
    var taints: [Taint]
    var traits: [String]

    init(_ node: PlacementNode) {
        architecture = node.architecture
        pool = node.pool
        taints = node.taints.sorted()
        traits = Set(node.traits).sorted()
    }
}

struct Shelf: Hashable, Sendable {
    var kind: NodeKind
    /// Devices of which at least one is free, as numbers, sorted.
    var freeDevices: [Int32]
    var standing: NodeStanding
}

struct ShelfTable: Sendable {
    /// The cost of a shelf that a request can't use.
    static let refused: Int32 = -1

    private var kinds = Interner<NodeKind>()
    private var shelves = Interner<Key>()
    /// By shelf: the wishes that it leaves unfulfilled for a request without constraints and devices, or `refused`.
    private(set) var plainCosts: [Int32] = []
    /// The same for requests whose devices are looked at apart.
    private(set) var kindCosts: [Int32] = []
    private(set) var standings: [NodeStanding] = []
    private var nodes: [SlotSet] = []

    private struct Key: Hashable {
        var kind: Int32
        var freeDevices: [Int32]
        var standing: NodeStanding
    }

    var bound: Int { shelves.bound }

    mutating func acquire(_ kind: NodeKind) -> Int32 { kinds.acquire(kind) }
    mutating func release(kind: Int32) { kinds.release(kind) }

    func nodes(on shelf: Int32) -> SlotSet { nodes[Int(shelf)] }

    /// The shelf on which the node now stands.
    mutating func put(_ slot: Int32, kind: Int32, freeDevices: [Int32], standing: NodeStanding) -> Int32 {
        let shelf = acquire(Key(kind: kind, freeDevices: freeDevices, standing: standing))
        nodes[Int(shelf)].insert(slot)
        return shelf
    }

    private mutating func acquire(_ key: Key) -> Int32 {
        let isNew = shelves.number(of: key) == nil
        let number = shelves.acquire(key)
        guard isNew, let known = kinds[key.kind] else { return number }
        _ = kinds.acquire(known)
        while plainCosts.count < shelves.bound {
            plainCosts.append(Self.refused)
            kindCosts.append(Self.refused)
            standings.append(key.standing)
            nodes.append(SlotSet())
        }
        standings[Int(number)] = key.standing
        let isClosed = known.taints.contains { $0.effect == .noPlace }
        kindCosts[Int(number)] = isClosed ? Self.refused : Int32(clamping: known.taints.count)
        plainCosts[Int(number)] = isClosed ? Self.refused : Int32(clamping: known.taints.count + (key.freeDevices.isEmpty ? 0 : 1))
        return number
    }

    mutating func take(_ slot: Int32, off shelf: Int32) {
        nodes[Int(shelf)].remove(slot)
        guard let key = shelves[shelf], shelves.release(shelf) else { return }
        plainCosts[Int(shelf)] = Self.refused
        kindCosts[Int(shelf)] = Self.refused
        kinds.release(key.kind)
    }

    subscript(shelf: Int32) -> Shelf? {
        guard let key = shelves[shelf], let kind = kinds[key.kind] else { return nil }
        return Shelf(kind: kind, freeDevices: key.freeDevices, standing: key.standing)
    }
}
