import ClusterModel

/// The wait after a sync that failed. Full jitter, so that ten thousand agents that lost their controller at one moment do not come back at one;
/// never longer than the interval, or a restart of the controller would cost a lease.
package enum ReconnectDelay {
    private static let base = Duration.milliseconds(250)
    private static let maximum = Duration.seconds(5)

    /// Doubles with each failure in a row, from half a second.
    package static func ceiling(after failures: Int, interval: Milliseconds) -> Duration {
        let highest = min(maximum, max(base, interval.duration))
        return failures >= 6 ? highest : min(highest, base * (1 << max(0, failures)))
    }

    /// Any moment up to the ceiling, each as likely as another.
    package static func draw(after failures: Int, interval: Milliseconds, using generator: inout some RandomNumberGenerator) -> Duration {
        ceiling(after: failures, interval: interval) * (Double(generator.next() >> 11) / Double(1 << 53))
    }
}
