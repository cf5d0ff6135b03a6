/// Amounts as the index tells them apart: exact below 16, then sixteen steps to each doubling, so that a level is at most 6 % wide.
enum RoomLevel {
    static let count = 640
    static let words = count / 64
    /// No room of a node is larger.
    static let highest = Int64(1) << 43

    /// Rises with the amount; all amounts of zero and less share level 0.
    static func of(_ amount: Int64) -> Int {
        guard amount > 15 else { return Int(max(0, amount)) }
        let exponent = 63 - amount.leadingZeroBitCount
        return min(count - 1, (exponent - 3) << 4 | Int(truncatingIfNeeded: amount >> Int64(exponent - 4)) & 15)
    }

    /// The least amount of a level, but for level 0, which also holds the negative ones.
    static func least(of level: Int) -> Int64 {
        guard level > 15 else { return Int64(level) }
        let exponent = level >> 4 + 3
        return Int64(16 | level & 15) << Int64(exponent - 4)
    }

    static func most(of level: Int) -> Int64 { level == count - 1 ? highest : least(of: level + 1) - 1 }
}
