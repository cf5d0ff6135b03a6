/// The part of a target after "?", each name and value percent-encoded.
package struct Query: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    private var fields: [String] = []

    package init(dictionaryLiteral elements: (String, String?)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// Nil adds nothing.
    package mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        fields.append("\(PercentEncoding.encode(name))=\(PercentEncoding.encode(value))")
    }

    func names(_ name: String) -> Bool { fields.contains { $0.hasPrefix("\(name)=") } }

    /// Empty, or beginning with "?".
    package var text: String { fields.isEmpty ? "" : "?" + fields.joined(separator: "&") }

    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.fields += right.fields
        return sum
    }
}
