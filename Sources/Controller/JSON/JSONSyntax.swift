import ClusterModel
import FoundationEssentials

/// Says where a body that Foundation refused is wrong, since Foundation does not: the place of the first syntax error, or the first number that is
/// no 64-bit integer (no request of this API has any other).
/// Recursive, so only for bodies whose depth was checked.
struct JSONSyntax {
    private struct Problem: Error {
        var sentence: String
    }

    private let bytes: [UInt8]
    private var place = 0
    private var path: [String] = []

    private init(_ body: Data) { bytes = Array(body) }

    /// Nil where nothing is wrong.
    static func problem(in body: Data) -> String? {
        var syntax = JSONSyntax(body)
        do throws(Problem) {
            try syntax.value()
            syntax.skipSpace()
            if syntax.place < syntax.bytes.count { throw syntax.unexpected("the end") }
            return nil
        } catch {
            return error.sentence
        }
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }

    private mutating func value() throws(Problem) {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): try members()
        case UInt8(ascii: "["): try elements()
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: try number()
        default: throw unexpected("a value")
        }
    }

    private mutating func members() throws(Problem) {
        place += 1
        skipSpace()
        if take("}") { return }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw unexpected("a name in quotes") }
            path.append(try string())
            skipSpace()
            guard take(":") else { throw unexpected("“:”") }
            try value()
            path.removeLast()
            skipSpace()
        } while take(",")
        guard take("}") else { throw unexpected("“,” or “}”") }
    }

    private mutating func elements() throws(Problem) {
        place += 1
        skipSpace()
        if take("]") { return }
        var index = 0
        repeat {
            path.append("[\(index)]")
            try value()
            path.removeLast()
            index += 1
            skipSpace()
        } while take(",")
        guard take("]") else { throw unexpected("“,” or “]”") }
    }

    private mutating func string() throws(Problem) -> String {
        place += 1
        let start = place
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw unexpected("the end of the text, without control characters") }
            place += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard place < bytes.count else { throw unexpected("the end of the text") }
        guard let text = String(validating: bytes[start..<place], as: UTF8.self) else {
            throw Problem(sentence: "The body is no valid JSON: the text that begins at \(position(start)) is not UTF-8.")
        }
        place += 1
        return text
    }

    private mutating func word(_ word: String) throws(Problem) {
        for byte in word.utf8 {
            guard next == byte else { throw unexpected("“\(word)”") }
            place += 1
        }
    }

    private mutating func number() throws(Problem) {
        let start = place
        while let byte = next, "+-.eE0123456789".utf8.contains(byte) { place += 1 }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        guard Int64(text) == nil else { return }
        let name = path.reduce("") { $0.isEmpty ? $1 : $1.hasPrefix("[") ? $0 + $1 : "\($0).\($1)" }
        let subject = name.isEmpty ? "The number at \(position(start))" : Printable(name, limit: 120).description
        throw Problem(sentence: "\(subject): \(Printable(text, limit: 40)) is no whole number of 64 bits.")
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private func unexpected(_ expected: String) -> Problem {
        guard place < bytes.count else { return Problem(sentence: "The body is no valid JSON: it ends where \(expected) is expected.") }
        return Problem(sentence: "The body is no valid JSON: \(expected) is expected at \(position(place)).")
    }

    private func position(_ place: Int) -> String {
        let before = bytes[..<min(place, bytes.count)]
        let line = before.count { $0 == 0x0A } + 1
        let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        return "line \(line), column \(column)"
    }
}
