import ClusterModel

/// Arrivals and departures of VMs, in the order of the file.
package struct Trace: Sendable {
    package struct VM: Sendable, Hashable {
        /// In ten-thousandths of the trace's own unit, rounded up.
        package var cpu: Int64
        package var memory: Int64
        /// Below the window's start where it was there before.
        package var start: Double
        /// Infinite where it outlives the trace.
        package var end: Double

        /// A ten-thousandth counts as one of the engine's.
        var resources: Resources { Resources(cpu: MilliCPU(cpu), memory: MiB(memory), disk: .zero) }

        /// Nil where it outlives the trace, or all that a timestamp can say.
        func expiry(unit: Milliseconds) -> Timestamp? {
            let milliseconds = end * Double(unit.count)
            return milliseconds.magnitude < 1e15 ? Timestamp(milliseconds: Int64(milliseconds)) : nil
        }

        package init(cpu: Int64, memory: Int64, start: Double, end: Double) {
            self.cpu = cpu
            self.memory = memory
            self.start = start
            self.end = end
        }
    }

    package var vms: [VM]

    package init(vms: [VM]) { self.vms = vms }

    /// Ten-thousandths in one.
    static let scale: Int64 = 10_000
    /// Of the trace's own unit; more is a mistake in the file. Sums over `maximumVMs` of them stay within 64 bits.
    package static let maximumAmount = 1e8
    package static let maximumVMs = 5_000_000

    /// From 0, or the first arrival where all are later, to the last arrival.
    package var window: ClosedRange<Double> {
        guard let first = vms.map(\.start).min(), let last = vms.map(\.start).max() else { return 0...0 }
        let begin = max(0, first)
        return begin...max(begin, last)
    }

    /// Nil for what is no size: below zero, too large, not a number.
    package static func amount(_ number: Double) -> Int64? {
        guard number >= 0, number <= maximumAmount else { return nil }
        // What a decimal number loses as a binary one is no reason to round up.
        return Int64((number * Double(scale) - 1e-6).rounded(.up))
    }
}

/// The resources of each node of a replay, in the trace's own units.
package struct ReplayNode: Sendable, Hashable {
    package let cpu: Int64
    package let memory: Int64

    /// Nil unless both are above zero and within what a trace may say.
    package init?(cpu: Double, memory: Double) {
        guard cpu > 0, memory > 0, let cpuAmount = Trace.amount(cpu), let memoryAmount = Trace.amount(memory), cpuAmount > 0, memoryAmount > 0 else {
            return nil
        }
        self.cpu = cpuAmount
        self.memory = memoryAmount
    }

    func holds(_ vm: Trace.VM) -> Bool { vm.cpu <= cpu && vm.memory <= memory }
    var resources: Resources { Resources(cpu: MilliCPU(cpu), memory: MiB(memory), disk: .zero) }
}
