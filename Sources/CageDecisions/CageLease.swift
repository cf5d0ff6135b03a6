/// What a cage does about the lease of its node. Moments are nanoseconds of CLOCK_BOOTTIME.
package struct CageLease: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        case wait(until: UInt64)
        /// Kill the VMM, and do so again at this moment should it still be there.
        case kill(again: UInt64)
    }

    /// Between two killings of a VMM that won't go.
    package static let insistence: UInt64 = 100_000_000

    private var reading: LeaseReading
    /// Final: what runs under this cage has lost its permission, and a lease that comes back is for a VMM that is started anew.
    package private(set) var isOver = false

    package init(boot: BootID) { reading = LeaseReading(boot: boot) }

    /// Asked last before the VMM is let go.
    package mutating func mayStart(reading bytes: [UInt8], at now: UInt64) -> Bool {
        reading.read(bytes)
        return !isOver && reading.holds(at: now)
    }

    package mutating func step(reading bytes: [UInt8], at now: UInt64) -> Step {
        reading.read(bytes)
        if !reading.holds(at: now) { isOver = true }
        return isOver ? .kill(again: now &+ Self.insistence) : .wait(until: reading.deadline)
    }
}
