import ClusterModel

/// Which nodes carry which labels.
struct LabelTable: Sendable {
    private var labels = Interner<Label>()
    private var keys = Interner<String>()
    /// By label.
    private var keyOf: [Int32] = []
    private var nodes: [SlotSet] = []
    /// By key: the labels that have it, and the nodes that carry one of them.
    private var labelsOf: [[Int32]] = []
    private var nodesOfKey: [SlotSet] = []
    /// By slot.
    private var carried: [[Int32]] = []

    func number(of label: Label) -> Int32? { labels.number(of: label) }
    func key(_ key: String) -> Int32? { keys.number(of: key) }
    func labels(of key: Int32) -> [Int32] { labelsOf[Int(key)] }
    var bound: Int { labels.bound }
    func key(of label: Int32) -> Int32 { keyOf[Int(label)] }
    func nodes(with label: Int32) -> SlotSet { nodes[Int(label)] }
    func nodes(withKey key: Int32) -> SlotSet { nodesOfKey[Int(key)] }
    func count(of label: Int32) -> Int { nodes[Int(label)].count }
    func slot(_ slot: Int32, has label: Int32) -> Bool { nodes[Int(label)].contains(slot) }

    /// The slot's label of that key.
    func label(of slot: Int32, key: Int32) -> Int32? {
        let labels = carried[Int(slot)]
        for place in labels.indices where keyOf[Int(labels[place])] == key { return labels[place] }
        return nil
    }

    mutating func set(_ slot: Int32, _ new: Labels) {
        while carried.count <= Int(slot) { carried.append([]) }
        let old = carried[Int(slot)]
        carried[Int(slot)] = new.all.map { acquire($0) }
        for label in old where !carried[Int(slot)].contains(label) {
            nodes[Int(label)].remove(slot)
            nodesOfKey[Int(keyOf[Int(label)])].remove(slot)
        }
        for label in carried[Int(slot)] {
            nodes[Int(label)].insert(slot)
            nodesOfKey[Int(keyOf[Int(label)])].insert(slot)
        }
        for label in old { release(label) }
    }

    private mutating func acquire(_ label: Label) -> Int32 {
        let isNew = labels.number(of: label) == nil
        let number = labels.acquire(label)
        guard isNew else { return number }
        while nodes.count < labels.bound {
            nodes.append(SlotSet())
            keyOf.append(-1)
        }
        let key = keys.acquire(label.key)
        while labelsOf.count < keys.bound {
            labelsOf.append([])
            nodesOfKey.append(SlotSet())
        }
        keyOf[Int(number)] = key
        labelsOf[Int(key)].append(number)
        return number
    }

    private mutating func release(_ label: Int32) {
        guard labels.release(label) else { return }
        let key = keyOf[Int(label)]
        labelsOf[Int(key)].removeAll { $0 == label }
        keys.release(key)
        nodes[Int(label)] = SlotSet()
    }
}
