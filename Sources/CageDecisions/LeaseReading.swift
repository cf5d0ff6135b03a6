/// What the record says to one who reads it again and again. A reading that is torn, foreign or of another boot says nothing new:
/// what was read before holds until its deadline, and without such a reading there is no lease.
package struct LeaseReading: Hashable, Sendable {
    private let boot: BootID
    private var latest: LeaseRecord?

    package init(boot: BootID) { self.boot = boot }

    package mutating func read(_ bytes: [UInt8]) {
        guard let record = LeaseRecord(bytes), record.boot == boot, record.sequence >= latest?.sequence ?? 0 else { return }
        latest = record
    }

    /// Of CLOCK_BOOTTIME, in nanoseconds; 0 where no lease was ever read.
    package var deadline: UInt64 { latest?.deadline ?? 0 }

    package func holds(at now: UInt64) -> Bool { now < deadline }
}
