/// How many instances of one group there are at each of its slots, or with each label. A table that all groups share knows the places.
struct CountList: Sendable {
    struct Entry: Sendable {
        /// A slot or a label.
        var member: Int32
        var count: Int32
    }

    private(set) var entries: [Entry] = []

    func count(of member: Int32, _ group: Int32, _ places: borrowing CountTable) -> Int {
        guard let place = places[CountTable.key(group, member)] else { return 0 }
        return Int(entries[Int(place)].count)
    }

    mutating func add(_ member: Int32, _ group: Int32, _ places: inout CountTable) {
        let key = CountTable.key(group, member)
        if let place = places[key] {
            entries[Int(place)].count += 1
        } else {
            places[key] = Int32(entries.count)
            entries.append(Entry(member: member, count: 1))
        }
    }

    /// The last one takes the place of an entry that goes.
    mutating func remove(_ member: Int32, _ group: Int32, _ places: inout CountTable) {
        let key = CountTable.key(group, member)
        guard let place = places[key] else { return }
        entries[Int(place)].count -= 1
        guard entries[Int(place)].count == 0 else { return }
        places[key] = nil
        let last = entries.removeLast()
        guard last.member != member else { return }
        entries[Int(place)] = last
        places[CountTable.key(group, last.member)] = place
    }
}
