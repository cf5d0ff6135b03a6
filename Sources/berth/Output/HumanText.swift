import ClusterModel
import FoundationEssentials

/// Amounts of time and room, short enough for a column.
package enum HumanText {
    /// "42s", "5m", "3h", "12d".
    package static func age(since then: Timestamp, now: Timestamp) -> String { age(Milliseconds(now.milliseconds - then.milliseconds)) }

    package static func age(_ age: Milliseconds) -> String {
        let seconds = max(0, age.count / 1000)
        return switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m"
        case ..<(48 * 3600): "\(seconds / 3600)h"
        default: "\(seconds / 86400)d"
        }
    }

    /// "3.2s", for what a command took.
    package static func took(_ time: Duration) -> String {
        let (seconds, attoseconds) = time.components
        return "\(seconds).\(attoseconds / 100_000_000_000_000_000)s"
    }

    /// "1.5/4 GiB": both in the unit of the total.
    package static func used(_ used: MiB, of total: MiB) -> String {
        let (unit, size): (String, Int64) = total.count >= 1 << 20 ? ("TiB", 1 << 20) : total.count >= 1 << 10 ? ("GiB", 1 << 10) : ("MiB", 1)
        return "\(tenths(used.count, size))/\(tenths(total.count, size)) \(unit)"
    }

    package static func used(_ used: MilliCPU, of total: MilliCPU) -> String { "\(used)/\(total)" }

    /// "12.5 MiB", of bytes.
    package static func bytes(_ count: Int64) -> String {
        for (unit, size) in [("TiB", Int64(1) << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where count >= size {
            return "\(tenths(count, size)) \(unit)"
        }
        return "\(count) B"
    }

    private static func tenths(_ count: Int64, _ size: Int64) -> String {
        let whole = count / size
        let tenth = count % size * 10 / size
        return tenth == 0 ? "\(whole)" : "\(whole).\(tenth)"
    }
}

extension Timestamp {
    /// The wall clock's now, for ages that people read.
    static var now: Timestamp { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded())) }
}
