/// Small numbers for values that are compared often, given out while they are in use and then again.
struct Interner<Value: Hashable & Sendable>: Sendable {
    private var numbers: [Value: Int32] = [:]
    private var values: [Value?] = []
    private var uses: [Int32] = []
    private var vacant: [Int32] = []

    /// One above the highest number in use so far.
    var bound: Int { values.count }

    func number(of value: Value) -> Int32? { numbers[value] }
    subscript(number: Int32) -> Value? { values[Int(number)] }

    /// A number is below `bound`, so callers may keep arrays of that many entries beside this.
    mutating func acquire(_ value: Value) -> Int32 {
        if let known = numbers[value] {
            uses[Int(known)] += 1
            return known
        }
        let number = vacant.popLast() ?? Int32(values.count)
        if Int(number) == values.count {
            values.append(value)
            uses.append(1)
        } else {
            values[Int(number)] = value
            uses[Int(number)] = 1
        }
        numbers[value] = number
        return number
    }

    /// True when that was its last use, and the number may come back for another value.
    @discardableResult
    mutating func release(_ number: Int32) -> Bool {
        uses[Int(number)] -= 1
        guard uses[Int(number)] == 0 else { return false }
        if let value = values[Int(number)] { numbers[value] = nil }
        values[Int(number)] = nil
        vacant.append(number)
        return true
    }
}
