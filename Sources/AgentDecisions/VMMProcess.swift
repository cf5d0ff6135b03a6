import ClusterModel

/// A VMM's process, told from every other: numbers of processes are used again, within a boot and after the next.
package struct VMMProcess: Hashable, Sendable, Codable {
    package var pid: Int32
    /// Field 22 of /proc/PID/stat: clock ticks since boot.
    package var startTime: UInt64
    package var bootID: String

    package init(pid: Int32, startTime: UInt64, bootID: String) {
        self.pid = pid
        self.startTime = startTime
        self.bootID = bootID
    }
}

/// How a VMM ended.
package enum VMMExit: Hashable, Sendable {
    /// The guest powered itself off, or did so when it was asked to.
    case poweredOff
    case exited(Int32)
    /// The guest's kernel said that it can't go on.
    case panicked
    case signalled(Int32)
    /// It was ended because its node's lease was over.
    case leaseOver
    /// Nobody was there to see it.
    case unseen

    package var isClean: Bool { self == .poweredOff }

    /// As a part of a sentence: "was killed by signal 9".
    package var words: String {
        switch self {
        case .poweredOff: "powered off"
        case .panicked: "ended since its guest's kernel panicked"
        case .exited(let status): "ended with status \(status)"
        case .signalled(let signal): "was killed by signal \(signal)"
        case .leaseOver: "was ended since its node's lease was over"
        case .unseen: "ended unseen"
        }
    }
}
