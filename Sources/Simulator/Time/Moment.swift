import ClusterModel

/// True time, which no part of a cluster can read: nanoseconds since the simulation began.
package struct Moment: Hashable, Comparable, Sendable {
    package let nanoseconds: Int64
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    package static let zero = Moment(nanoseconds: 0)
    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    package static func + (left: Self, right: Span) -> Self { Moment(nanoseconds: left.nanoseconds + right.nanoseconds) }
    package static func - (left: Self, right: Self) -> Span { Span(nanoseconds: left.nanoseconds - right.nanoseconds) }
}

/// A stretch of time, true or by one machine's clock.
package struct Span: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    package init(_ time: Milliseconds) { nanoseconds = time.count * 1_000_000 }
    package init(_ time: Duration) {
        let (seconds, attoseconds) = time.components
        nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
    package static let zero = Span(nanoseconds: 0)
    package static func milliseconds(_ count: Int) -> Self { Span(nanoseconds: Int64(count) * 1_000_000) }
    package static func seconds(_ count: Int) -> Self { Span(nanoseconds: Int64(count) * 1_000_000_000) }
    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    package static func + (left: Self, right: Self) -> Self { Span(nanoseconds: left.nanoseconds + right.nanoseconds) }
    package static func - (left: Self, right: Self) -> Self { Span(nanoseconds: left.nanoseconds - right.nanoseconds) }
    package static func * (left: Self, right: Int) -> Self { Span(nanoseconds: left.nanoseconds * Int64(right)) }

    var duration: Duration { .nanoseconds(nanoseconds) }
    var milliseconds: Milliseconds { Milliseconds(nanoseconds / 1_000_000) }
    package var inSeconds: Double { Double(nanoseconds) / 1e9 }
}

extension Moment: CustomStringConvertible {
    /// "123.456 s", for traces.
    package var description: String {
        let milliseconds = nanoseconds / 1_000_000
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) s"
    }
}
