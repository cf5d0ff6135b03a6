/// Memory or disk in mebibytes.
package struct MiB: Hashable, Comparable, Sendable {
    package var count: Int64
    package init(_ count: Int64) { self.count = count }
    package static let zero = MiB(0)
    package static func < (left: Self, right: Self) -> Bool { left.count < right.count }
    package static func + (left: Self, right: Self) -> Self { MiB(left.count + right.count) }
    package static func - (left: Self, right: Self) -> Self { MiB(left.count - right.count) }
    package static func += (left: inout Self, right: Self) { left.count += right.count }
    package static func -= (left: inout Self, right: Self) { left.count -= right.count }
}

/// Processor time in thousandths of a vCPU.
package struct MilliCPU: Hashable, Comparable, Sendable {
    package var count: Int64
    package init(_ count: Int64) { self.count = count }
    package init(vcpus: Int64) { count = vcpus * 1000 }
    package static let zero = MilliCPU(0)
    package static func < (left: Self, right: Self) -> Bool { left.count < right.count }
    package static func + (left: Self, right: Self) -> Self { MilliCPU(left.count + right.count) }
    package static func - (left: Self, right: Self) -> Self { MilliCPU(left.count - right.count) }
    package static func += (left: inout Self, right: Self) { left.count += right.count }
    package static func -= (left: inout Self, right: Self) { left.count -= right.count }
}

/// A length of time in whole milliseconds: on the wire a number, in configuration files "3s", "500ms", "2m" or "8h".
package struct Milliseconds: Hashable, Comparable, Sendable {
    package var count: Int64
    package init(_ count: Int64) { self.count = count }
    package init(seconds: Int64) { count = seconds * 1000 }
    package static let zero = Milliseconds(0)
    package static func < (left: Self, right: Self) -> Bool { left.count < right.count }
    package static func + (left: Self, right: Self) -> Self { Milliseconds(left.count + right.count) }
    package static func - (left: Self, right: Self) -> Self { Milliseconds(left.count - right.count) }
    package var duration: Duration { .milliseconds(count) }
}

extension MiB: Codable {
    package init(from decoder: any Decoder) throws { count = try decoder.singleValueContainer().decode(Int64.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(count)
    }
}

extension MilliCPU: Codable {
    package init(from decoder: any Decoder) throws { count = try decoder.singleValueContainer().decode(Int64.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(count)
    }
}

extension Milliseconds: Codable {
    package init(from decoder: any Decoder) throws { count = try decoder.singleValueContainer().decode(Int64.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(count)
    }
}
