import FoundationEssentials

/// The one way that bodies are written and read. Keys are sorted, so that the same value is always the same bytes.
package enum WireJSON {
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    private static let decoder = JSONDecoder()

    package static func encode(_ value: some Encodable) throws -> Data { try encoder.encode(value) }

    package static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from data: Data) throws -> Value {
        try decoder.decode(type, from: data)
    }

    /// What a decoding error says, with the place: "spec.size: “a/b” is no valid name: …".
    package static func explain(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, let context): at(context.codingPath + [key], "is missing")
        case .valueNotFound(_, let context): at(context.codingPath, "must not be null")
        case .typeMismatch(_, let context): at(context.codingPath, context.debugDescription)
        case .dataCorrupted(let context): at(context.codingPath, context.debugDescription)
        case nil: "\(error)"
        @unknown default: "\(error)"
        }
    }

    private static func at(_ path: [any CodingKey], _ what: String) -> String {
        let place = path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        return place.isEmpty ? what : "\(place.hasPrefix(".") ? String(place.dropFirst()) : place): \(what)"
    }
}
