/// A wall-clock moment for people to read, in milliseconds since 1970; never for deciding about leases or health.
/// On the wire ISO 8601 in UTC with milliseconds: "2026-11-22T10:00:00.000Z".
package struct Timestamp: Hashable, Comparable, Sendable {
    package let milliseconds: Int64
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
    package func advanced(by time: Milliseconds) -> Self { Timestamp(milliseconds: milliseconds + time.count) }
}

// Written out because Foundation's formatter goes through a Double and loses the last millisecond,
// and because a list of instances holds thousands of these.
extension Timestamp: CustomStringConvertible {
    private static let day: Int64 = 86_400_000

    package var description: String {
        let days = Int64((Double(milliseconds) / Double(Self.day)).rounded(.down))
        let rest = milliseconds - days * Self.day
        let (year, month, dayOfMonth) = Self.civil(fromDays: days)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        func append(_ number: Int64, width: Int) {
            var divisor: Int64 = 1
            for _ in 1..<width { divisor *= 10 }
            while divisor > 0 {
                bytes.append(UInt8(0x30 + number / divisor % 10))
                divisor /= 10
            }
        }
        append(year, width: 4)
        bytes.append(0x2D)
        append(month, width: 2)
        bytes.append(0x2D)
        append(dayOfMonth, width: 2)
        bytes.append(0x54)
        append(rest / 3_600_000, width: 2)
        bytes.append(0x3A)
        append(rest / 60_000 % 60, width: 2)
        bytes.append(0x3A)
        append(rest / 1000 % 60, width: 2)
        bytes.append(0x2E)
        append(rest % 1000, width: 3)
        bytes.append(0x5A)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Nil unless the text has exactly the form above and names a moment of the years 1970 to 9999.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let form = Array("0000-00-00T00:00:00.000Z".utf8)
        guard bytes.count == form.count else { return nil }
        var fields: [Int64] = [0]
        for (byte, expected) in zip(bytes, form) {
            if expected == 0x30 {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                fields[fields.count - 1] = fields[fields.count - 1] * 10 + Int64(byte - 0x30)
            } else {
                guard byte == expected else { return nil }
                fields.append(0)
            }
        }
        let (year, month, day, hour, minute, second, fraction) = (fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6])
        guard year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60 else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        guard Self.civil(fromDays: days) == (year, month, day) else { return nil }
        milliseconds = days * Self.day + hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction
    }

    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The same paper's days_from_civil.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let timestamp = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "“\(Printable(text, limit: 40))” is no time: expected ISO 8601 such as 2026-11-22T10:00:00.000Z."))
        }
        self = timestamp
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
