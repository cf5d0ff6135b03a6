import ClusterModel

/// A request's query. A parameter that the route does not know is refused, so that a misspelt filter does not silently match everything.
struct Query: Sendable {
    private let pairs: [(name: String, value: String)]

    init(_ text: String?, allowed: [String]) throws(ErrorBody) {
        var pairs: [(name: String, value: String)] = []
        for part in (text ?? "").split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentDecoding.decode(halves[0]), let value = halves.count == 2 ? PercentDecoding.decode(halves[1]) : "" else {
                throw ErrorBody(code: .invalid, message: "The query “\(Printable(String(part), limit: 80))” is not percent-encoded UTF-8.")
            }
            guard allowed.contains(name) else {
                let known = allowed.isEmpty ? "none is known here" : "known here are \(allowed.joined(separator: ", "))"
                throw ErrorBody(code: .invalid, message: "The query parameter “\(Printable(name, limit: 40))” is unknown; \(known).")
            }
            pairs.append((name, value))
        }
        guard pairs.count <= 64 else { throw ErrorBody(code: .invalid, message: "The query has \(pairs.count) parameters; at most 64 are allowed.") }
        self.pairs = pairs
    }

    /// One parameter by itself, before anything is known of the others. Given twice, the last counts, as below.
    static func value(of name: String, in text: String?) throws(ErrorBody) -> String? {
        guard let text, text.contains(name) || text.contains("%") else { return nil }
        var found: String?
        for part in text.split(separator: "&").prefix(65) {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard PercentDecoding.decode(halves[0]) == name else { continue }
            guard let value = halves.count == 2 ? PercentDecoding.decode(halves[1]) : "" else {
                throw ErrorBody(code: .invalid, message: "\(name): the value is not percent-encoded UTF-8.")
            }
            found = value
        }
        return found
    }

    subscript(name: String) -> String? { pairs.last { $0.name == name }?.value }

    func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// Absent is false; "", "1" and "true" are true.
    func flag(_ name: String) throws(ErrorBody) -> Bool {
        switch self[name] {
        case nil, "0", "false": return false
        case "", "1", "true": return true
        case let value?:
            throw ErrorBody(code: .invalid, message: "\(name): “\(Printable(value, limit: 40))” is neither 1 nor 0.")
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws(ErrorBody) -> Int64? {
        guard let text = self[name] else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw ErrorBody(
                code: .invalid,
                message: "\(name): “\(Printable(text, limit: 40))” is no number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    func name(_ name: String) throws(ErrorBody) -> Name? {
        guard let text = self[name] else { return nil }
        do { return try Name(text) } catch { throw ErrorBody(code: .invalid, message: "\(name): \(error.description)") }
    }

    func word<Word: RawRepresentable<String> & CaseIterable>(_ name: String, _ type: Word.Type) throws(ErrorBody) -> Word? {
        guard let text = self[name] else { return nil }
        guard let word = Word(rawValue: text) else {
            throw ErrorBody(
                code: .invalid,
                message: "\(name): “\(Printable(text, limit: 40))” is not one of \(Word.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return word
    }
}
