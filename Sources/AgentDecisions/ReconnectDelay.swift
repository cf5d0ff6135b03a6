import ClusterModel

/// The wait after a sync that failed. Full jitter, so that ten thousand agents that lost their controller at one moment do not come back at one;
/// never longer than the interval, or a restart of the controller would cost a lease.
package enum ReconnectDelay {
    private static let initial = Duration.milliseconds(500)
    private static let maximum = Duration.seconds(5)
    private static let shortest = Duration.milliseconds(250)

    /// - Parameter failures: in a row, from 1.
    package static func ceiling(after failures: Int, interval: Milliseconds) -> Duration {
        let highest = min(maximum, max(shortest, interval.duration))
        return BackOff(initial: initial, maximum: highest, limit: .max).delay(before: failures) ?? highest
    }

    /// Any moment up to the ceiling, each as likely as another.
    package static func draw(after failures: Int, interval: Milliseconds, using generator: inout some RandomNumberGenerator) -> Duration {
        ceiling(after: failures, interval: interval) * (Double(generator.next() >> 11) / Double(1 << 53))
    }
}
