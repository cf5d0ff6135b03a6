/// One "key=value". Keys: 1 to 63 of letters, digits, ".", "_", "-" and "/"; values: up to 63 of the same without "/".
package struct Label: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let key: String
    package let value: String

    package struct Invalid: Error, Equatable, CustomStringConvertible { package let description: String }

    package init(key: String, value: String) throws(Invalid) {
        guard !key.isEmpty, Self.allowed(key, slash: true) else {
            throw Invalid(description: "“\(Printable(key, limit: 40))” is no label key: use 1 to 63 letters, digits, “.”, “_”, “-” or “/”.")
        }
        guard Self.allowed(value, slash: false) else {
            throw Invalid(description: "“\(Printable(value, limit: 40))” is no label value: use up to 63 letters, digits, “.”, “_” or “-”.")
        }
        self.key = key
        self.value = value
    }

    /// Reads "key=value".
    package init(_ text: String) throws(Invalid) {
        guard let split = text.firstIndex(of: "=") else {
            throw Invalid(description: "“\(Printable(text, limit: 80))” is no label: write key=value.")
        }
        try self.init(key: String(text[..<split]), value: String(text[text.index(after: split)...]))
    }

    private static func allowed(_ text: String, slash: Bool) -> Bool {
        text.utf8.count <= 63
            && text.utf8.allSatisfy {
                ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
                    || (slash && $0 == 0x2F)
            }
    }

    package var description: String { "\(key)=\(value)" }
    package static func < (left: Self, right: Self) -> Bool { (left.key, left.value) < (right.key, right.value) }
}

/// Labels of one thing, a value per key, in key order; on the wire a JSON object.
package struct Labels: Hashable, Sendable {
    package private(set) var all: [Label]
    package static let limit = 64

    package init(_ labels: [Label] = []) {
        all = []
        for label in labels { set(label) }
    }

    package mutating func set(_ label: Label) {
        remove(label.key)
        let place = all.firstIndex { $0.key > label.key } ?? all.endIndex
        all.insert(label, at: place)
    }

    package mutating func remove(_ key: String) { all.removeAll { $0.key == key } }
    package subscript(key: String) -> String? { all.first { $0.key == key }?.value }
    package func contains(_ label: Label) -> Bool { self[label.key] == label.value }
    package var isEmpty: Bool { all.isEmpty }
}

extension Labels: Codable {
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: TextKey.self)
        guard fields.allKeys.count <= Self.limit else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "At most \(Self.limit) labels are allowed."))
        }
        var labels: [Label] = []
        for key in fields.allKeys {
            do { labels.append(try Label(key: key.stringValue, value: try fields.decode(String.self, forKey: key))) } catch let error as Label.Invalid
            {
                throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.description))
            }
        }
        self.init(labels)
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: TextKey.self)
        for label in all { try fields.encode(label.value, forKey: TextKey(label.key)) }
    }
}

extension Label: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do { self = try Label(text) } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
