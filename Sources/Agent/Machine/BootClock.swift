import Glibc

/// CLOCK_BOOTTIME, the clock of leases: it goes on while the machine sleeps, and cages read the same.
package enum BootClock {
    package static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }

    /// Since the machine's boot.
    package static var now: Duration { .nanoseconds(Int64(clamping: nanoseconds)) }
}
