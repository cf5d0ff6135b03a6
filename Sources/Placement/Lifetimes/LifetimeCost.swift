/// What it costs that an instance and the others on its node do not end at the same time.
///
/// With d the periods by which the node would be held longer, s those by which it outlives the instance, at most one of them above zero: log2(1 + d) + 0.3 * log2(1 + s).
/// So short-lived instances sit together, and nodes empty. Zero where nothing ends.
enum LifetimeCost {
    private static let perSooner = 0.3

    static func of(_ expiry: ExpiryPeriod, on node: ExpiryPeriod) -> Double {
        if expiry == node { return 0 }
        return expiry > node ? logarithm(1 + expiry.periods(after: node)) : perSooner * logarithm(1 + node.periods(after: expiry))
    }

    /// Of a number above zero: exact at powers of two and a straight line between them, since library logarithms differ from machine to machine.
    private static func logarithm(_ number: Int64) -> Double {
        let whole = 63 - number.leadingZeroBitCount
        return Double(whole) + Double(number - (1 << Int64(whole))) / Double(Int64(1) << Int64(whole))
    }
}
