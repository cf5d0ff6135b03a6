import StrictYAML

/// Whether callers say who they are, and what one of them may ask at once.
package struct AccessLimits: Hashable, Sendable {
    /// Nobody is asked who they are, and everybody may do everything: on loopback only.
    package var isOpen = false
    /// Requests of one token in a second, in the long run.
    var rate: Int64 = 1000
    /// And at once.
    var burst: Int64 = 2000
    /// Requests of one token whose answer has not begun.
    var underWay = 1024
    /// Watches of one token.
    var watches = 100
    /// Audit entries that are kept.
    var auditKept: Int64 = 1_000_000

    init() {}

    /// `access: open`, or `access: {rate: 500, burst: 1000}`.
    init(_ value: ConfigurationValue) throws(ConfigurationError) {
        if let word = try? value.string() {
            guard word == "open" || word == "tokens" else { throw value.error("“open” or “tokens” is expected, or a mapping of limits") }
            isOpen = word == "open"
            return
        }
        let fields = try value.mapping(keys: ["rate", "burst", "underWay", "watches", "auditKept"])
        rate = try fields["rate"]?.integer(in: 1...1_000_000) ?? rate
        burst = try fields["burst"]?.integer(in: 1...1_000_000) ?? max(burst, rate)
        underWay = Int(try fields["underWay"]?.integer(in: 1...100_000) ?? Int64(underWay))
        watches = Int(try fields["watches"]?.integer(in: 1...2000) ?? Int64(watches))
        auditKept = try fields["auditKept"]?.integer(in: 1000...100_000_000) ?? auditKept
    }
}
