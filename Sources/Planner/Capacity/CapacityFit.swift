import ClusterModel
import Placement

/// How many more instances fit.
package struct CapacityFit: Sendable, Codable {
    package struct Answer: Sendable, Codable, Hashable {
        package let size: Name
        /// With nothing else launched.
        package let count: Int
        /// Nodes that take at least one.
        package let nodes: Int
        /// The resource that ends it on most nodes; nil where no node is only too full.
        package let limitedBy: String?
        package let nodesLimited: Int
    }

    package let answers: [Answer]
    /// How many times the whole mix fits, one of each after the other; nil without a mix.
    package let mix: Int?

    /// - Parameters:
    ///   - sizes: each is asked on its own.
    ///   - mix: how many of each size make one set, launched together by the cluster's policy.
    package init(_ snapshot: ClusterSnapshot, sizes: [Size], mix: [(size: Size, count: Int)] = []) {
        let room = FittingRoom(snapshot)
        answers = sizes.map { room.answer($0) }
        self.mix = mix.isEmpty ? nil : Self.sets(of: mix, in: snapshot)
    }

    private static func sets(of mix: [(size: Size, count: Int)], in snapshot: ClusterSnapshot) -> Int {
        var engine = snapshot.engine()
        var sets = 0
        var number = 0
        while sets < maximumSets {
            for (size, count) in mix {
                for _ in 0..<count {
                    number += 1
                    let request = PlacementRequest(instance: ClusterSnapshot.plannedID(3, number), resources: size.resources, traits: size.traits)
                    guard let decision = try? engine.place(request) else { return sets }
                    try? engine.allocate(decision.allocation)
                }
            }
            sets += 1
        }
        return sets
    }

    private static let maximumSets = 100_000
}

/// What is free on the nodes that take instances, by the traits that a size asks for.
private struct FittingRoom {
    private let free: [(kind: Int, overhead: MiB, room: Resources)]
    /// One empty node of each kind.
    private let kinds: PlacementEngine
    private let kindOf: [NodeID: Int]

    /// What of a node decides whether it takes a size at all, room aside.
    private struct Kind: Hashable {
        let taints: [Taint]
        let traits: [String]
        let architecture: Architecture
        let admission: Admission
        let pool: Name?
    }

    init(_ snapshot: ClusterSnapshot) {
        var kinds = PlacementEngine(policy: snapshot.policy)
        var known: [Kind: Int] = [:]
        var kindOf: [NodeID: Int] = [:]
        var free: [(kind: Int, overhead: MiB, room: Resources)] = []
        for room in NodeRoom.all(of: snapshot) {
            let node = room.node.placement
            let kind = Kind(taints: node.taints, traits: node.traits, architecture: node.architecture, admission: node.admission, pool: node.pool)
            let number = known[kind] ?? known.count
            if known.updateValue(number, forKey: kind) == nil {
                kinds.setNode(node)
                kindOf[node.id] = number
            }
            free.append((number, node.overhead, room.free))
        }
        self.free = free
        self.kinds = kinds
        self.kindOf = kindOf
    }

    func answer(_ size: Size) -> CapacityFit.Answer {
        let verdicts = kinds.explain(PlacementRequest(instance: ClusterSnapshot.plannedID(9, 0), resources: .zero, traits: size.traits)).nodes
        let open = Set(verdicts.filter { $0.refusals.isEmpty }.compactMap { kindOf[$0.node] })
        var count: Int64 = 0
        var nodes = 0
        var limits: [String: Int] = [:]
        for (kind, overhead, room) in free where open.contains(kind) {
            var need = size.resources
            need.memory += overhead
            let (here, limit) = room.copies(of: need)
            count += here
            if here > 0 { nodes += 1 }
            if let limit { limits[limit.text, default: 0] += 1 }
        }
        let most = limits.max { ($0.value, $1.key) < ($1.value, $0.key) }
        return .init(size: size.name, count: Int(count), nodes: nodes, limitedBy: most?.key, nodesLimited: most?.value ?? 0)
    }
}

extension Resources {
    /// How many of `need` go in, and the resource that ends it.
    func copies(of need: Resources) -> (count: Int64, limit: Resource?) {
        var least: (Int64, Resource?) = (.max, nil)
        func consider(_ resource: Resource, _ free: Int64, _ need: Int64) {
            if need > 0, max(0, free) / need < least.0 { least = (max(0, free) / need, resource) }
        }
        consider(.cpu, cpu.count, need.cpu.count)
        consider(.memory, memory.count, need.memory.count)
        consider(.disk, disk.count, need.disk.count)
        for device in need.devices { consider(.device(device.name), count(of: device.name), device.count) }
        return least.1 == nil ? (0, nil) : least
    }
}
