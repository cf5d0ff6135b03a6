/// Waits that double from `initial` to `maximum`, and an end after `limit` in a row.
package struct BackOff: Hashable, Sendable {
    package var initial: Duration
    package var maximum: Duration
    package var limit: Int

    package init(initial: Duration, maximum: Duration, limit: Int) {
        self.initial = initial
        self.maximum = maximum
        self.limit = limit
    }

    /// The wait before attempt number `attempt` of those after the first, from 1; nil when there shall be no more.
    package func delay(before attempt: Int) -> Duration? {
        guard attempt >= 1, attempt <= limit else { return nil }
        var (delay, left) = (initial, attempt - 1)
        while left > 0, delay < maximum { (delay, left) = (delay * 2, left - 1) }
        return min(delay, maximum)
    }
}

/// The times that an instance's life goes by.
package struct InstanceTiming: Hashable, Sendable {
    /// Of a step that failed and may succeed when tried again.
    package var retry = BackOff(initial: .milliseconds(500), maximum: .seconds(30), limit: 5)
    /// Of a VMM that ended by itself, under the policy `on-failure`.
    package var restart = BackOff(initial: .seconds(1), maximum: .seconds(60), limit: 5)
    /// A run this long makes a restart count as the first again.
    package var stableAfter = Duration.seconds(120)
    /// Between the signals to a guest or VMM that shall end and has not: early in its boot a guest hears no ACPI button.
    package var urge = Duration.seconds(4)

    package init() {}
}
