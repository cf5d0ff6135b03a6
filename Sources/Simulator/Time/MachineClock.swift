import ClusterModel

/// CLOCK_BOOTTIME of one machine: it begins at zero with each boot, runs through every pause, and is fast or slow by parts of a million.
struct MachineClock: Sendable {
    let rate: Int64
    let bootedAt: Moment

    private static let million: Int64 = 1_000_000

    func reading(at moment: Moment) -> Span {
        let elapsed = (moment - bootedAt).nanoseconds
        return Span(nanoseconds: elapsed + elapsed / Self.million * rate + elapsed % Self.million * rate / Self.million)
    }

    /// The first moment at which it shows at least `reading`.
    func moment(of reading: Span) -> Moment {
        let perMillion = Self.million + rate
        let wanted = max(reading.nanoseconds, 0)
        var elapsed = wanted / perMillion * Self.million + wanted % perMillion * Self.million / perMillion
        while self.reading(at: bootedAt + Span(nanoseconds: elapsed)) < reading { elapsed += 1 }
        return bootedAt + Span(nanoseconds: elapsed)
    }

    /// When `span` has passed on this clock after `moment`.
    func moment(after span: Span, from moment: Moment) -> Moment { self.moment(of: reading(at: moment) + span) }
}
