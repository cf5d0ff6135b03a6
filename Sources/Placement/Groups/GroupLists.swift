/// The lists in which one instance is counted: rarely more than two.
struct GroupLists: Sendable {
    private var first: Int32 = -1
    private var second: Int32 = -1
    private var more: [Int32] = []

    mutating func append(_ list: Int32) {
        if first < 0 {
            first = list
        } else if second < 0 {
            second = list
        } else {
            more.append(list)
        }
    }

    @inline(__always)
    func forEach(_ body: (Int32) -> Void) {
        if first >= 0 { body(first) }
        if second >= 0 { body(second) }
        for list in more { body(list) }
    }
}
