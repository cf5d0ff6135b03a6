import ClusterModel
import Placement

/// A change that is thought through and not made.
package enum PlannedChange: Sendable, Hashable {
    /// As many copies of a node, empty, named after it.
    case add(like: Name, count: Int)
    case lose(Name)
    /// Every node that carries the label.
    case loseLabelled(Label)
    /// A new total of some resources; what is nil stays.
    case resize(Name, cpu: MilliCPU?, memory: MiB?, disk: MiB?)
    /// On every node.
    case overcommit(cpuPercent: Int64?, memoryPercent: Int64?, diskPercent: Int64?)
    case policy(PlacementPolicy)
    case launch(size: Name, count: Int)
}

/// What would move and what would fail after some changes.
package struct WhatIf: Sendable, Codable {
    package struct Move: Sendable, Codable, Hashable {
        package let instance: Name
        /// Nil for one that is launched.
        package let from: Name?
        package let to: Name
    }

    package struct Failure: Sendable, Codable, Hashable {
        package let instance: Name
        package let from: Name?
        package let why: NoPlacement
    }

    package let moves: [Move]
    package let failures: [Failure]
    package let nodesBefore: Int
    package let nodesAfter: Int
    package let nodesInUseBefore: Int
    package let nodesInUseAfter: Int
    package let freeBefore: Resources
    package let freeAfter: Resources

    package struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
        /// Something that does not exist is named.
        package var isUnknown = false
    }

    package static let maximumCount = 100_000

    /// Changes are made in order. Instances of lost nodes, and as many of nodes that became too small as must go (the largest first), are placed anew;
    /// then what is launched.
    package init(_ snapshot: ClusterSnapshot, changes: [PlannedChange]) throws(Invalid) {
        var plan = ChangedCluster(snapshot)
        for change in changes { try plan.apply(change) }
        plan.displaceOverfull()
        let outcome = plan.settle()
        moves = outcome.moves
        failures = outcome.failures
        nodesBefore = snapshot.nodes.count
        nodesAfter = plan.snapshot.nodes.count
        nodesInUseBefore = Set(snapshot.instances.compactMap(\.node)).count
        nodesInUseAfter = Set(plan.snapshot.instances.compactMap(\.node)).count
        freeBefore = NodeRoom.all(of: snapshot).reduce(.zero) { $0 + $1.free }
        freeAfter = NodeRoom.all(of: plan.snapshot).reduce(.zero) { $0 + $1.free }
    }
}

private struct ChangedCluster {
    var snapshot: ClusterSnapshot
    private let nodeNames: [NodeID: Name]
    /// Where displaced instances were, by position.
    private var origin: [Int: Name] = [:]

    init(_ snapshot: ClusterSnapshot) {
        self.snapshot = snapshot
        nodeNames = Dictionary(snapshot.nodes.map { ($0.placement.id, $0.placement.name) }, uniquingKeysWith: { first, _ in first })
    }

    private func position(_ name: Name) throws(WhatIf.Invalid) -> Int {
        guard let position = snapshot.nodes.firstIndex(where: { $0.placement.name == name }) else {
            throw .init(description: "there is no node “\(name)”", isUnknown: true)
        }
        return position
    }

    mutating func apply(_ change: PlannedChange) throws(WhatIf.Invalid) {
        switch change {
        case .add(let like, let count): try add(like: like, count: count)
        case .lose(let name): lose([try position(name)])
        case .loseLabelled(let label):
            let lost = snapshot.nodes.indices.filter { snapshot.nodes[$0].placement.labels.contains(label) }
            guard !lost.isEmpty else { throw .init(description: "no node has the label \(label)", isUnknown: true) }
            lose(lost)
        case .resize(let name, let cpu, let memory, let disk):
            let position = try position(name)
            var total = snapshot.nodes[position].capacity.total
            total.cpu = cpu ?? total.cpu
            total.memory = memory ?? total.memory
            total.disk = disk ?? total.disk
            snapshot.nodes[position].capacity.total = total
            snapshot.nodes[position].placement.allocatable = snapshot.nodes[position].capacity.allocatable
        case .overcommit(let cpu, let memory, let disk):
            for position in snapshot.nodes.indices {
                var ratio = snapshot.nodes[position].capacity.overcommit
                ratio.cpuPercent = cpu ?? ratio.cpuPercent
                ratio.memoryPercent = memory ?? ratio.memoryPercent
                ratio.diskPercent = disk ?? ratio.diskPercent
                snapshot.nodes[position].capacity.overcommit = ratio
                snapshot.nodes[position].placement.allocatable = snapshot.nodes[position].capacity.allocatable
            }
        case .policy(let policy): snapshot.policy = policy
        case .launch(let size, let count): try launch(size, count)
        }
    }

    private mutating func add(like: Name, count: Int) throws(WhatIf.Invalid) {
        guard (1...WhatIf.maximumCount).contains(count) else {
            throw .init(description: "1 to \(WhatIf.maximumCount) nodes can be added, not \(count)")
        }
        let model = snapshot.nodes[try position(like)]
        let taken = Set(snapshot.nodes.map(\.placement.name))
        var number = 0
        for _ in 0..<count {
            var node = model
            repeat {
                number += 1
                guard let name = try? Name("\(like)-new-\(number)") else {
                    throw .init(description: "the name “\(like)” is too long to number copies of it")
                }
                node.placement.name = name
            } while taken.contains(node.placement.name)
            node.placement.id = ClusterSnapshot.plannedID(4, snapshot.nodes.count)
            node.placement.admission = .open
            snapshot.nodes.append(node)
        }
    }

    private mutating func lose(_ positions: [Int]) {
        let lost = Set(positions.map { snapshot.nodes[$0].placement.id })
        for index in snapshot.instances.indices { if let node = snapshot.instances[index].node, lost.contains(node) { displace(index) } }
        snapshot.nodes.removeAll { lost.contains($0.placement.id) }
    }

    private mutating func launch(_ size: Name, _ count: Int) throws(WhatIf.Invalid) {
        guard (1...WhatIf.maximumCount).contains(count) else {
            throw .init(description: "1 to \(WhatIf.maximumCount) instances can be launched, not \(count)")
        }
        guard let size = snapshot.sizes.first(where: { $0.name == size }) else {
            throw .init(description: "there is no size “\(size)”", isUnknown: true)
        }
        for number in 1...count {
            guard let name = try? Name("new-\(size.name)-\(number)") else {
                throw .init(description: "the name “\(size.name)” is too long to number instances")
            }
            snapshot.instances.append(
                .init(
                    name: name, size: size.name,
                    request: PlacementRequest(
                        instance: ClusterSnapshot.plannedID(5, snapshot.instances.count), resources: size.resources, traits: size.traits)))
        }
    }

    private mutating func displace(_ index: Int) {
        origin[index] = snapshot.instances[index].node.flatMap { nodeNames[$0] }
        snapshot.instances[index].node = nil
        snapshot.instances[index].allocation = nil
    }

    /// Where a node became too small, its largest instances go until the rest fits.
    mutating func displaceOverfull() {
        var residents: [NodeID: [Int]] = [:]
        for (index, instance) in snapshot.instances.enumerated() { if let node = instance.node { residents[node, default: []].append(index) } }
        for node in snapshot.nodes {
            var here = (residents[node.placement.id] ?? []).sorted { left, right in
                let (a, b) = (snapshot.instances[left].request.resources.memory, snapshot.instances[right].request.resources.memory)
                return a != b ? a < b : left > right
            }
            var used = here.reduce(Resources.zero) { $0 + (snapshot.instances[$1].allocation ?? snapshot.instances[$1].request.resources) }
            while !node.placement.allocatable.holds(used), let largest = here.popLast() {
                used -= snapshot.instances[largest].allocation ?? snapshot.instances[largest].request.resources
                displace(largest)
            }
        }
    }

    mutating func settle() -> (moves: [WhatIf.Move], failures: [WhatIf.Failure]) {
        let waiting = snapshot.instances.indices.filter { snapshot.instances[$0].node == nil }
        let failed = Dictionary(snapshot.placeWaiting().map { ($0.instance, $0.why) }, uniquingKeysWith: { first, _ in first })
        let names = Dictionary(snapshot.nodes.map { ($0.placement.id, $0.placement.name) }, uniquingKeysWith: { first, _ in first })
        var moves: [WhatIf.Move] = []
        var failures: [WhatIf.Failure] = []
        for index in waiting {
            let instance = snapshot.instances[index]
            if let to = instance.node.flatMap({ names[$0] }) {
                moves.append(.init(instance: instance.name, from: origin[index], to: to))
            } else if let why = failed[instance.name] {
                failures.append(.init(instance: instance.name, from: origin[index], why: why))
            }
        }
        return (moves, failures)
    }
}
