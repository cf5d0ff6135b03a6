/// A name that a person gives: 1 to 63 characters of a-z, 0-9 and "-", beginning with a letter and not ending with "-".
/// The same rule as a DNS label, since an instance's name becomes its hostname.
package struct Name: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String
    package static let maximumLength = 63

    package struct Invalid: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package init(_ text: String) throws(Invalid) {
        guard Self.isValid(text) else {
            throw Invalid(
                description:
                    "“\(Printable(text, limit: 40))” is no valid name: use 1 to 63 of a-z, 0-9 and “-”, begin with a letter and do not end with “-”.")
        }
        self.text = text
    }

    private static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last, bytes.count <= maximumLength else { return false }
        guard first >= 0x61, first <= 0x7A, last != 0x2D else { return false }
        return bytes.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D }
    }

    package var description: String { text }
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

extension Name: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do { self = try Name(text) } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Foreign text made safe to show: cut to a limit, with control characters (terminal escapes among them) replaced and tokens hidden.
package struct Printable: CustomStringConvertible {
    package let description: String
    package init(_ text: String, limit: Int) {
        let text = TokenText.hidden(in: text)
        var shown = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            let control = scalar.value < 0x20 || (scalar.value >= 0x7F && scalar.value < 0xA0) || scalar.properties.isBidiControl
            shown.unicodeScalars.append(control ? "\u{FFFD}" : scalar)
        }
        description = text.unicodeScalars.count > limit ? shown + "…" : shown
    }
}
