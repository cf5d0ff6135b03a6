import ClusterModel

/// Four hours of the calendar in which an instance ends, or the last of a node's instances does. Counted from 1970 and not from now: the engine has no clock, and
/// what is the same period today is the same tomorrow. Coarse, so that nodes that end about the same time share a shelf of the index.
package struct ExpiryPeriod: Hashable, Comparable, Sendable {
    private let number: Int64

    /// Of what has no end that is known.
    package static let never = Self(number: .max)
    private static let length: Int64 = 4 * 3_600_000
    /// Whoever has no end ends thirty days after whoever has one, and no two ends are farther apart: beyond that it makes no difference.
    private static let farthest: Int64 = 180

    private init(number: Int64) { self.number = number }

    package init(_ end: Timestamp?) {
        guard let milliseconds = end?.milliseconds else {
            self = .never
            return
        }
        number = milliseconds / Self.length - (milliseconds % Self.length < 0 ? 1 : 0)
    }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }

    /// How many periods later this one is than an earlier one; at most `farthest`.
    func periods(after earlier: Self) -> Int64 {
        let (difference, overflow) = number.subtractingReportingOverflow(earlier.number)
        return overflow ? Self.farthest : min(max(0, difference), Self.farthest)
    }
}

/// What a score knows of a node beside its room; the same for all nodes of a shelf.
package struct NodeStanding: Hashable, Sendable {
    /// No instance is there yet.
    package var isEmpty: Bool
    /// When the last of its instances ends; `never` for an empty node.
    package var lastExpiry: ExpiryPeriod

    package init(isEmpty: Bool, lastExpiry: ExpiryPeriod = .never) {
        self.isEmpty = isEmpty
        self.lastExpiry = lastExpiry
    }
}
