/// Keys by the moment at which each wants to be looked at, the earliest first. A binary heap; equal moments leave in the order in which they came.
package struct DueQueue<Key: Sendable>: Sendable {
    private struct Entry: Sendable {
        var at: Duration
        var number: UInt64
        var key: Key

        static func < (left: Self, right: Self) -> Bool { left.at != right.at ? left.at < right.at : left.number < right.number }
    }

    private var heap: [Entry] = []
    private var pushed: UInt64 = 0

    package init() {}

    package var count: Int { heap.count }
    package var next: Duration? { heap.first?.at }

    package mutating func push(_ key: Key, at moment: Duration) {
        pushed &+= 1
        heap.append(Entry(at: moment, number: pushed, key: key))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Nil when nothing is due.
    package mutating func pop(at now: Duration) -> Key? {
        guard let first = heap.first, first.at <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first.key }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] { least = child }
            guard least != parent else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return first.key
    }
}
