/// What is still to happen, earliest first; of two at the same moment the one that was put in first.
struct EventHeap {
    private struct Entry {
        var at: Int64
        var order: UInt64
        var slot: Int32
        static func < (left: Self, right: Self) -> Bool { left.at < right.at || left.at == right.at && left.order < right.order }
    }

    private var entries: [Entry] = []
    private var happenings: [Happening?] = []
    private var vacant: [Int32] = []
    private var order: UInt64 = 0

    var count: Int { entries.count }

    mutating func push(_ happening: Happening, at moment: Moment) {
        let slot: Int32
        if let reused = vacant.popLast() {
            slot = reused
            happenings[Int(slot)] = happening
        } else {
            slot = Int32(happenings.count)
            happenings.append(happening)
        }
        order += 1
        entries.append(Entry(at: moment.nanoseconds, order: order, slot: slot))
        rise(entries.count - 1)
    }

    mutating func pop() -> (at: Moment, happening: Happening)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        guard let happening = happenings[Int(first.slot)] else { return nil }
        happenings[Int(first.slot)] = nil
        vacant.append(first.slot)
        return (Moment(nanoseconds: first.at), happening)
    }

    private mutating func rise(_ start: Int) {
        var place = start
        let entry = entries[place]
        while place > 0, entry < entries[(place - 1) / 2] {
            entries[place] = entries[(place - 1) / 2]
            place = (place - 1) / 2
        }
        entries[place] = entry
    }

    private mutating func sink() {
        var place = 0
        let entry = entries[0]
        while true {
            var child = 2 * place + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
            guard entries[child] < entry else { break }
            entries[place] = entries[child]
            place = child
        }
        entries[place] = entry
    }
}
