import ClusterAPI
import ClusterModel
import FoundationEssentials

/// Bodies of requests: bounded in bytes and in depth before anything looks at them.
enum JSONBody {
    static let limit = 1 << 20
    static let depthLimit = 64

    /// - Parameter optional: an empty body is read as `{}`.
    static func decode<Value: Decodable>(_ type: Value.Type, _ body: Data, optional: Bool = false) throws(ErrorBody) -> Value {
        let body = body.isEmpty && optional ? Data("{}".utf8) : body
        guard !body.isEmpty else { throw ErrorBody(code: .invalid, message: "The request has no body; a JSON object is expected.") }
        try checkDepth(body)
        do {
            return try JSONDecoder().decode(Value.self, from: body)
        } catch let error as DecodingError {
            throw ErrorBody(code: .invalid, message: sentence(error, in: body))
        } catch {
            throw ErrorBody(code: .invalid, message: "The body is no valid JSON.")
        }
    }

    /// First by hand, for bodies that come thousands of times a second. What the reader does not take goes the usual way, which also says what is wrong.
    static func decodeHot<Value: Decodable & JSONRead>(_ type: Value.Type, _ body: Data, optional: Bool = false) throws(ErrorBody) -> Value {
        if let value = Value(json: body) { return value }
        return try decode(type, body, optional: optional)
    }

    /// Recursive decoders run out of stack long before a body runs out of brackets.
    static func checkDepth(_ body: Data) throws(ErrorBody) {
        var depth = 0
        var inString = false
        var escaped = false
        for byte in body {
            if inString {
                if escaped { escaped = false } else if byte == 0x5C { escaped = true } else if byte == 0x22 { inString = false }
                continue
            }
            switch byte {
            case 0x22: inString = true
            case 0x5B, 0x7B:
                depth += 1
                guard depth <= depthLimit else {
                    throw ErrorBody(code: .invalid, message: "The body is nested more than \(depthLimit) levels deep.")
                }
            case 0x5D, 0x7D: depth -= 1
            default: break
            }
        }
    }

    private static func sentence(_ error: DecodingError, in body: Data) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(place(context, key)) is missing."
        case .typeMismatch(let type, let context): "\(place(context)) has the wrong type: \(word(for: type)) is expected."
        case .valueNotFound(let type, let context): "\(place(context)) is null: \(word(for: type)) is expected."
        case .dataCorrupted(let context):
            JSONSyntax.problem(in: body) ?? "\(place(context)): \(because(context))"
        @unknown default: "The body can't be read."
        }
    }

    private static func because(_ context: DecodingError.Context) -> String {
        let text = Printable(context.debugDescription, limit: 300).description
        return text.hasSuffix(".") ? text : text + "."
    }

    private static func place(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
        var path = ""
        for key in context.codingPath + (last.map { [$0] } ?? []) {
            if let index = key.intValue { path += "[\(index)]" } else { path += path.isEmpty ? key.stringValue : ".\(key.stringValue)" }
        }
        return path.isEmpty ? "The body" : Printable(path, limit: 120).description
    }

    private static func word(for type: Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is any BinaryInteger.Type: "a whole number"
        case is Bool.Type: "true or false"
        case is any FloatingPoint.Type: "a number"
        case is [String: Any].Type: "an object"
        case is [Any].Type: "a list"
        default: "another kind of value"
        }
    }
}
