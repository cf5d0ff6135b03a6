import ClusterModel

/// Which nodes have which image cached.
struct ImageTable: Sendable {
    private var images = Interner<Digest>()
    private var nodes: [SlotSet] = []

    func number(of image: Digest) -> Int32? { images.number(of: image) }
    func nodes(with image: Int32) -> SlotSet { nodes[Int(image)] }
    func slot(_ slot: Int32, has image: Int32) -> Bool { nodes[Int(image)].contains(slot) }

    mutating func change(_ slot: Int32, from old: [Digest], to new: [Digest]) {
        guard old != new else { return }
        let (before, after) = (Set(old), Set(new))
        for image in after.subtracting(before) {
            let number = images.acquire(image)
            while nodes.count < images.bound { nodes.append(SlotSet()) }
            nodes[Int(number)].insert(slot)
        }
        for image in before.subtracting(after) {
            guard let number = images.number(of: image) else { continue }
            nodes[Int(number)].remove(slot)
            images.release(number)
        }
    }
}
