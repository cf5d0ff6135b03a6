import ClusterModel
import Yams

/// One value of a document and where it stands. The readers throw a sentence that names the file, the line and the key.
package struct ConfigurationValue {
    let node: Yams.Node
    /// "reserved.memory", "nodes[2].name"; empty at the root.
    let path: String
    let file: String

    package var line: Int? { node.mark?.line }

    /// An error about this value.
    package func error(_ message: String) -> ConfigurationError {
        ConfigurationError(file: file, line: line, message: path.isEmpty ? message : "\(path): \(message)")
    }

    /// The mapping, in which no key but these may stand.
    package func mapping(keys allowed: [String]) throws(ConfigurationError) -> ConfigurationMapping {
        let mapping = try anyMapping()
        for (key, value) in mapping.entries where !allowed.contains(key) {
            let near = allowed.first { Self.isNear($0, key) }
            let hint = near.map { "did you mean “\($0)”?" } ?? "known are: \(allowed.joined(separator: ", "))"
            throw ConfigurationError(file: file, line: value.line, message: "unknown key “\(Printable(value.path, limit: 120))”; \(hint)")
        }
        return mapping
    }

    /// A mapping of free keys, such as labels, in the file's order.
    package func anyMapping() throws(ConfigurationError) -> ConfigurationMapping {
        guard case .mapping(let mapping) = node else { throw error("expected a mapping of keys to values") }
        var entries: [(key: String, value: ConfigurationValue)] = []
        for (keyNode, valueNode) in mapping {
            guard let key = keyNode.string else {
                throw ConfigurationError(file: file, line: keyNode.mark?.line, message: "a key must be text")
            }
            entries.append((key, ConfigurationValue(node: valueNode, path: path.isEmpty ? key : "\(path).\(key)", file: file)))
        }
        return ConfigurationMapping(owner: self, entries: entries)
    }

    package func list() throws(ConfigurationError) -> [ConfigurationValue] {
        guard case .sequence(let sequence) = node else { throw error("expected a list") }
        var values: [ConfigurationValue] = []
        for (index, element) in sequence.enumerated() {
            values.append(ConfigurationValue(node: element, path: "\(path)[\(index)]", file: file))
        }
        return values
    }

    package func string() throws(ConfigurationError) -> String {
        guard case .scalar(let scalar) = node else { throw error("expected text") }
        return scalar.string
    }

    package func integer(in range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64 {
        let text = try string()
        guard let number = Int64(text) else { throw error("“\(Printable(text, limit: 40))” is no whole number") }
        guard range.contains(number) else { throw error("\(number) is out of range: \(range.lowerBound) to \(range.upperBound) is allowed") }
        return number
    }

    package func bool() throws(ConfigurationError) -> Bool {
        switch try string() {
        case "true": return true
        case "false": return false
        case let text: throw error("“\(Printable(text, limit: 40))” is neither true nor false")
        }
    }

    package func name() throws(ConfigurationError) -> Name { try parse { text throws(Name.Invalid) in try Name(text) } }

    package func memory() throws(ConfigurationError) -> MiB {
        let amount = try parse { text throws(Quantity.Invalid) in try Quantity.memory(text) }
        return MiB(try bounded(amount.count))
    }

    package func cpu() throws(ConfigurationError) -> MilliCPU {
        let amount = try parse { text throws(Quantity.Invalid) in try Quantity.cpu(text) }
        return MilliCPU(try bounded(amount.count))
    }

    package func time() throws(ConfigurationError) -> Milliseconds {
        let amount = try parse { text throws(Quantity.Invalid) in try Quantity.time(text) }
        return Milliseconds(try bounded(amount.count))
    }

    /// One of a closed set of words.
    package func word<Word: RawRepresentable<String> & CaseIterable>(_ type: Word.Type) throws(ConfigurationError) -> Word {
        let text = try string()
        guard let word = Word(rawValue: text) else {
            throw error("“\(Printable(text, limit: 40))” is not one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }

    /// A mapping such as `{rack: r1}`.
    package func labels() throws(ConfigurationError) -> Labels {
        var labels = Labels()
        let entries = try anyMapping().entries
        guard entries.count <= Labels.limit else { throw error("at most \(Labels.limit) labels are allowed") }
        for (key, value) in entries {
            let text = try value.string()
            do { labels.set(try Label(key: key, value: text)) } catch { throw value.error(error.description) }
        }
        return labels
    }

    private func parse<Parsed, Failure: Error & CustomStringConvertible>(
        _ read: (String) throws(Failure) -> Parsed
    ) throws(ConfigurationError) -> Parsed {
        let text = try string()
        do { return try read(text) } catch { throw self.error(error.description) }
    }

    private func bounded(_ count: Int64) throws(ConfigurationError) -> Int64 {
        guard count <= Resources.maximumAmount else { throw error("is larger than any machine") }
        return count
    }

    /// One edit apart or the same but for case: near enough for "did you mean".
    private static func isNear(_ left: String, _ right: String) -> Bool {
        let a = Array(left.lowercased().utf8)
        let b = Array(right.lowercased().utf8)
        guard abs(a.count - b.count) <= 1, b.count <= 64 else { return false }
        let prefix = zip(a, b).prefix { $0 == $1 }.count
        let suffix = zip(a.reversed(), b.reversed()).prefix { $0 == $1 }.count
        let swapped = a.count == b.count && a != b && a.sorted() == b.sorted() && prefix + suffix >= a.count - 2
        return swapped || prefix + suffix >= max(a.count, b.count) - 1
    }
}

/// A mapping in the file's order.
package struct ConfigurationMapping {
    let owner: ConfigurationValue
    package let entries: [(key: String, value: ConfigurationValue)]

    package subscript(key: String) -> ConfigurationValue? { entries.first { $0.key == key }?.value }

    package func required(_ key: String) throws(ConfigurationError) -> ConfigurationValue {
        guard let value = self[key] else { throw owner.error("the key “\(key)” is missing") }
        return value
    }
}
