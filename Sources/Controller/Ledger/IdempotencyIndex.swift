import ControllerDecisions
import DequeModule
import FoundationEssentials

/// A caller's key with what it was first used for, both as digests.
struct IdempotencyScope: Hashable, Sendable {
    var key: Data
    var fingerprint: Data
}

/// Which keys were answered, by number; the answers themselves stay in the store.
struct IdempotencyIndex {
    /// Older ones are forgotten early beyond this; the keys alone then take some 200 MB.
    static let limit = 1_000_000
    /// A day, in milliseconds.
    static let lifetime: Int64 = 86_400_000

    private var numbers: [Data: Int64] = [:]
    private var order: Deque<StoredState.AnswerKey> = []
    private(set) var latest: Int64 = 0

    init(_ answers: [StoredState.AnswerKey]) {
        for answer in answers { insert(answer) }
    }

    func number(of key: Data) -> Int64? { numbers[key] }

    mutating func insert(_ answer: StoredState.AnswerKey) {
        numbers[answer.key] = answer.number
        order.append(answer)
        latest = max(latest, answer.number)
    }

    /// The number up to which answers are too old, or too many; nil where there are none.
    func expired(at now: Int64) -> Int64? {
        let surplus = order.count - Self.limit
        var last: Int64?
        for (index, answer) in order.enumerated() {
            guard index < surplus || now - answer.at > Self.lifetime else { break }
            last = answer.number
        }
        return last
    }

    mutating func forget(through number: Int64) {
        while let first = order.first, first.number <= number {
            order.removeFirst()
            if numbers[first.key] == first.number { numbers[first.key] = nil }
        }
    }
}
