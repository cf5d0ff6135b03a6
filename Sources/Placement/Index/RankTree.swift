/// Ordered sets of slots, by free disk and then by the nodes' names: any number of them over one set of arrays, each slot in at most one. They are treaps
/// whose shape depends on nothing but their members, so that it is the same whatever happened before.
struct RankTree: ~Copyable, Sendable {
    static let none: Int32 = -1

    struct Node: BitwiseCopyable {
        var disk: Int64 = 0
        var left = none
        var right = none
    }

    private var nodes = Column<Node>()

    func copy() -> RankTree {
        var copy = RankTree()
        copy.nodes = nodes.copy()
        return copy
    }

    mutating func reserve(slots: Int) {
        while nodes.count < slots { nodes.append(Node()) }
    }

    func disk(of slot: Int32) -> Int64 { nodes[Int(slot)].disk }

    /// A new tree of one.
    mutating func single(_ slot: Int32, disk: Int64) -> Int32 {
        nodes[Int(slot)] = Node(disk: disk)
        return slot
    }

    /// The tree's new root.
    mutating func insert(_ slot: Int32, disk: Int64, into root: Int32, order: borrowing SlotOrder) -> Int32 {
        nodes[Int(slot)] = Node(disk: disk)
        return insert(slot, into: root, order: order)
    }

    private mutating func insert(_ slot: Int32, into root: Int32, order: borrowing SlotOrder) -> Int32 {
        guard root != Self.none else { return slot }
        if Self.priority(slot) > Self.priority(root) {
            let (below, above) = split(root, at: slot, order: order)
            nodes[Int(slot)].left = below
            nodes[Int(slot)].right = above
            return slot
        }
        if precedes(slot, root, order) {
            nodes[Int(root)].left = insert(slot, into: nodes[Int(root)].left, order: order)
        } else {
            nodes[Int(root)].right = insert(slot, into: nodes[Int(root)].right, order: order)
        }
        return root
    }

    /// The tree's new root, or `none`.
    mutating func remove(_ slot: Int32, from root: Int32, order: borrowing SlotOrder) -> Int32 {
        if root == slot { return joined(nodes[Int(slot)].left, nodes[Int(slot)].right) }
        guard root != Self.none else { return root }
        if precedes(slot, root, order) {
            nodes[Int(root)].left = remove(slot, from: nodes[Int(root)].left, order: order)
        } else {
            nodes[Int(root)].right = remove(slot, from: nodes[Int(root)].right, order: order)
        }
        return root
    }

    /// The first slot in order with at least so much disk for which `matches` holds; nil where none does.
    func first(of root: Int32, disk: Int64, where matches: (Int32) -> Bool) -> Int32? {
        guard root != Self.none else { return nil }
        let node = nodes[Int(root)]
        guard node.disk >= disk else { return first(of: node.right, disk: disk, where: matches) }
        if let found = first(of: node.left, disk: disk, where: matches) { return found }
        return matches(root) ? root : first(of: node.right, disk: disk, where: matches)
    }

    /// Of the slots with the most disk, at least so much, for which `matches` holds, the first in order.
    func roomiest(of root: Int32, disk: Int64, where matches: (Int32) -> Bool) -> Int32? {
        last(of: root, disk: disk, where: matches).flatMap { first(of: root, disk: self.disk(of: $0), where: matches) }
    }

    private func last(of root: Int32, disk: Int64, where matches: (Int32) -> Bool) -> Int32? {
        guard root != Self.none else { return nil }
        let node = nodes[Int(root)]
        if let found = last(of: node.right, disk: disk, where: matches) { return found }
        guard node.disk >= disk else { return nil }
        return matches(root) ? root : last(of: node.left, disk: disk, where: matches)
    }

    private func precedes(_ left: Int32, _ right: Int32, _ order: borrowing SlotOrder) -> Bool {
        let (a, b) = (nodes[Int(left)].disk, nodes[Int(right)].disk)
        return a == b ? order.precedes(left, right) : a < b
    }

    private mutating func split(_ root: Int32, at slot: Int32, order: borrowing SlotOrder) -> (Int32, Int32) {
        guard root != Self.none else { return (Self.none, Self.none) }
        if precedes(root, slot, order) {
            let (below, above) = split(nodes[Int(root)].right, at: slot, order: order)
            nodes[Int(root)].right = below
            return (root, above)
        }
        let (below, above) = split(nodes[Int(root)].left, at: slot, order: order)
        nodes[Int(root)].left = above
        return (below, root)
    }

    private mutating func joined(_ first: Int32, _ second: Int32) -> Int32 {
        guard first != Self.none else { return second }
        guard second != Self.none else { return first }
        if Self.priority(first) > Self.priority(second) {
            nodes[Int(first)].right = joined(nodes[Int(first)].right, second)
            return first
        }
        nodes[Int(second)].left = joined(first, nodes[Int(second)].left)
        return second
    }

    /// A permutation of the slots, so no two are alike.
    private static func priority(_ slot: Int32) -> UInt32 {
        var mixed = UInt32(bitPattern: slot)
        mixed = (mixed ^ mixed >> 16) &* 0x7FEB_352D
        mixed = (mixed ^ mixed >> 15) &* 0x846C_A68B
        return mixed ^ mixed >> 16
    }
}
