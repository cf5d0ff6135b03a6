import FoundationEssentials

/// A wall-clock moment for people to read, in milliseconds since 1970; never for deciding about leases or health.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let milliseconds: Int64
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
    package func advanced(by time: Milliseconds) -> Self { Timestamp(milliseconds: milliseconds + time.count) }

    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}

extension Timestamp: Codable, CustomStringConvertible {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let date = try? Self.style.parse(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "“\(Printable(text, limit: 40))” is no time: expected ISO 8601 such as 2026-11-22T10:00:00.000Z."))
        }
        milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// ISO 8601 in UTC with milliseconds.
    package var description: String { Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(Self.style) }
}
