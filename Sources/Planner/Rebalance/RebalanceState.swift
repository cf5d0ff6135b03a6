/// Who is where and what is free, in plain numbers, for trying moves and taking them back. Constraints are what `eligible` says.
struct RebalanceState: Sendable {
    /// Kinds of resources; the second is memory.
    let kinds: Int
    let nodeCount: Int
    /// Node after node.
    let capacity: [Int64]
    /// Instance after instance, without overhead.
    let need: [Int64]
    /// Memory that a node adds to each instance.
    let overhead: [Int64]
    /// By class of instances with the same wishes, then by node.
    let eligible: [[Bool]]
    let classOf: [Int]
    /// Instances of one kind need the same and may go to the same nodes.
    let kindOf: [Int]
    let kindCount: Int
    /// Every move is made here too, where instances have rules about each other.
    private var rules: RebalanceRules?
    /// Taken out of use: not to be filled.
    var closed: [Bool]

    private(set) var free: [Int64]
    private(set) var nodeOf: [Int]
    private(set) var instances: [[Int32]]
    /// Free fractions before, by node and kind, of capacity.
    private let scale: [Double]

    struct Move: Hashable, Sendable {
        let instance: Int
        let from: Int
        let to: Int
    }

    init(kinds: Int, capacity: [Int64], overhead: [Int64], need: [Int64], nodeOf: [Int], eligible: [[Bool]], classOf: [Int], rules: RebalanceRules?) {
        self.kinds = kinds
        nodeCount = capacity.count / kinds
        self.capacity = capacity
        self.overhead = overhead
        self.need = need
        self.eligible = eligible
        self.classOf = classOf
        self.rules = rules
        self.nodeOf = nodeOf
        var known: [[Int64]: Int] = [:]
        kindOf = classOf.indices.map { instance in
            let key = need[instance * kinds..<(instance + 1) * kinds] + [Int64(classOf[instance])]
            if let kind = known[Array(key)] { return kind }
            known[Array(key)] = known.count
            return known.count - 1
        }
        kindCount = known.count
        closed = Array(repeating: false, count: nodeCount)
        free = capacity
        instances = Array(repeating: [], count: nodeCount)
        scale = capacity.map { $0 > 0 ? 1 / Double($0) : 0 }
        for (instance, node) in nodeOf.enumerated() where node >= 0 { enter(instance, node) }
    }

    func need(_ instance: Int, _ kind: Int, on node: Int) -> Int64 { need[instance * kinds + kind] + (kind == 1 ? overhead[node] : 0) }

    var usedNodes: Int { instances.count { !$0.isEmpty } }

    private mutating func enter(_ instance: Int, _ node: Int) {
        for kind in 0..<kinds { free[node * kinds + kind] -= need(instance, kind, on: node) }
        instances[node].append(Int32(instance))
        nodeOf[instance] = node
    }

    private mutating func leave(_ instance: Int) {
        let node = nodeOf[instance]
        for kind in 0..<kinds { free[node * kinds + kind] += need(instance, kind, on: node) }
        instances[node].removeAll { $0 == Int32(instance) }
        nodeOf[instance] = -1
    }

    mutating func perform(_ move: Move) {
        leave(move.instance)
        enter(move.instance, move.to)
        rules?.move(move.instance, to: move.to)
    }

    mutating func takeBack(_ move: Move) {
        leave(move.instance)
        enter(move.instance, move.from)
        rules?.move(move.instance, to: move.from)
    }

    /// Whether the rules about other instances let it go there now, after all moves so far.
    mutating func permits(_ instance: Int, _ node: Int) -> Bool { rules?.permit(instance, on: node) ?? true }

    @inline(__always) func fits(_ instance: Int, _ node: Int) -> Bool {
        let wanted = instance * kinds
        let offered = node * kinds
        for kind in 0..<kinds {
            let amount = need[wanted + kind] + (kind == 1 ? overhead[node] : 0)
            if amount > free[offered + kind], amount > 0 { return false }
        }
        return true
    }

    /// With `other` gone from the node first.
    @inline(__always) func fits(_ instance: Int, _ node: Int, without other: Int) -> Bool {
        let wanted = instance * kinds
        let given = other * kinds
        let offered = node * kinds
        for kind in 0..<kinds {
            let amount = need[wanted + kind]
            // The overhead that comes is the overhead that goes.
            if amount > free[offered + kind] + need[given + kind], amount > 0 { return false }
        }
        return true
    }

    func allows(_ instance: Int, _ node: Int) -> Bool { eligible[classOf[instance]][node] }

    /// What is left after the instance came, as a sum of squared fractions: the least is the best fit.
    func leftover(_ instance: Int, _ node: Int) -> Double {
        var sum = 0.0
        for kind in 0..<kinds {
            let left = Double(free[node * kinds + kind] - need(instance, kind, on: node)) * scale[node * kinds + kind]
            sum += left * left
        }
        return sum
    }

    /// The largest share that is taken of any resource; 0 for an empty node.
    func load(_ node: Int) -> Double {
        (0..<kinds).reduce(0) { max($0, Double(capacity[node * kinds + $1] - free[node * kinds + $1]) * scale[node * kinds + $1]) }
    }

    func share(_ instance: Int, _ node: Int) -> Double {
        (0..<kinds).reduce(0) { max($0, Double(need(instance, $1, on: node)) * scale[node * kinds + $1]) }
    }

    func memory(_ instance: Int) -> Int64 { need[instance * kinds + 1] }
}
