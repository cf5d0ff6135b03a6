/// Ordered sets of slots, any number of them over one pair of arrays, each slot in at most one: treaps whose shape depends on nothing but
/// their members, so that it is the same whatever happened before.
struct RankTree: Sendable {
    static let none: Int32 = -1

    private var left: [Int32] = []
    private var right: [Int32] = []

    mutating func reserve(slots: Int) {
        while left.count < slots {
            left.append(Self.none)
            right.append(Self.none)
        }
    }

    /// A new tree of one.
    mutating func single(_ slot: Int32) -> Int32 {
        left[Int(slot)] = Self.none
        right[Int(slot)] = Self.none
        return slot
    }

    func isSingle(_ slot: Int32) -> Bool { left[Int(slot)] == Self.none && right[Int(slot)] == Self.none }

    /// The tree's new root.
    mutating func insert(_ slot: Int32, into root: Int32, order: SlotOrder) -> Int32 {
        guard root != Self.none else { return single(slot) }
        if Self.priority(slot) > Self.priority(root) {
            (left[Int(slot)], right[Int(slot)]) = split(root, at: slot, order: order)
            return slot
        }
        if order.precedes(slot, root) {
            left[Int(root)] = insert(slot, into: left[Int(root)], order: order)
        } else {
            right[Int(root)] = insert(slot, into: right[Int(root)], order: order)
        }
        return root
    }

    mutating func remove(_ slot: Int32, from root: Int32, order: SlotOrder) -> Int32 {
        if root == slot { return joined(left[Int(slot)], right[Int(slot)]) }
        guard root != Self.none else { return root }
        if order.precedes(slot, root) {
            left[Int(root)] = remove(slot, from: left[Int(root)], order: order)
        } else {
            right[Int(root)] = remove(slot, from: right[Int(root)], order: order)
        }
        return root
    }

    func first(of root: Int32) -> Int32 {
        var slot = root
        while slot != Self.none, left[Int(slot)] != Self.none { slot = left[Int(slot)] }
        return slot
    }

    /// The first slot in order for which `matches` holds; nil where none does.
    func first(of root: Int32, where matches: (Int32) -> Bool) -> Int32? {
        guard root != Self.none else { return nil }
        if let found = first(of: left[Int(root)], where: matches) { return found }
        return matches(root) ? root : first(of: right[Int(root)], where: matches)
    }

    private mutating func split(_ root: Int32, at slot: Int32, order: SlotOrder) -> (Int32, Int32) {
        guard root != Self.none else { return (Self.none, Self.none) }
        if order.precedes(root, slot) {
            let (below, above) = split(right[Int(root)], at: slot, order: order)
            right[Int(root)] = below
            return (root, above)
        }
        let (below, above) = split(left[Int(root)], at: slot, order: order)
        left[Int(root)] = above
        return (below, root)
    }

    private mutating func joined(_ first: Int32, _ second: Int32) -> Int32 {
        guard first != Self.none else { return second }
        guard second != Self.none else { return first }
        if Self.priority(first) > Self.priority(second) {
            right[Int(first)] = joined(right[Int(first)], second)
            return first
        }
        left[Int(second)] = joined(first, left[Int(second)])
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
