/// A growing array of plain values that is never shared: no counting of references and no check of bounds on the way to an element. The one place with unsafe
/// memory; whoever holds one keeps its indices right, and debug builds check them.
struct Column<Element: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable {
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    private(set) var count = 0

    init() {
        capacity = 16
        base = .allocate(capacity: capacity)
    }

    init(repeating element: Element, count: Int) {
        self.init()
        append(element, times: count)
    }

    deinit { base.deallocate() }

    func copy() -> Column {
        var copy = Column()
        copy.reserve(count)
        copy.base.update(from: base, count: count)
        copy.count = count
        return copy
    }

    @inline(__always)
    subscript(place: Int) -> Element {
        get {
            assert(place >= 0 && place < count)
            return base[place]
        }
        _modify {
            assert(place >= 0 && place < count)
            yield &base[place]
        }
    }

    mutating func append(_ element: Element) {
        if count == capacity { reserve(count + 1) }
        base[count] = element
        count += 1
    }

    mutating func append(_ element: Element, times: Int) {
        reserve(count + times)
        (base + count).update(repeating: element, count: times)
        count += times
    }

    mutating func popLast() -> Element? {
        guard count > 0 else { return nil }
        count -= 1
        return base[count]
    }

    private mutating func reserve(_ needed: Int) {
        guard needed > capacity else { return }
        let grown = max(needed, capacity * 2)
        let new = UnsafeMutablePointer<Element>.allocate(capacity: grown)
        new.update(from: base, count: count)
        base.deallocate()
        base = new
        capacity = grown
    }
}
