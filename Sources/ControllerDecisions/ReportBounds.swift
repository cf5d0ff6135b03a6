/// What one node may make the ledger keep and say about instances that aren't its own.
struct ReportBounds {
    private static let elsewhereNoted = 16

    private var strangers: Int
    private var elsewhere = 0
    private(set) var leftOut = 0

    init(strangersThere: Int) { strangers = strangersThere }

    mutating func admitsStranger() -> Bool {
        guard strangers < LedgerSettings.Limit.strangersPerNode else {
            leftOut += 1
            return false
        }
        strangers += 1
        return true
    }

    mutating func admitsElsewhere() -> Bool {
        guard elsewhere < Self.elsewhereNoted else {
            leftOut += 1
            return false
        }
        elsewhere += 1
        return true
    }
}
