import ClusterModel
import FoundationEssentials
import Yams

/// A YAML file read strictly: a key that nobody reads is an error, and every error names its file and line.
///
///     let document = try ConfigurationDocument(text: text, file: "agent.yaml")
///     let root = try document.root.mapping(keys: ["name", "reserved"])
///     let name = try root.required("name").name()
///     let memory = try root["reserved"]?.mapping(keys: ["memory"])["memory"]?.memory()
package struct ConfigurationDocument {
    package let root: ConfigurationValue

    /// Beyond this a file is no configuration; a cluster of 100,000 nodes written one by one is smaller.
    package static let maximumBytes = 64 << 20

    /// An empty document reads as an empty mapping.
    package init(text: String, file: String) throws(ConfigurationError) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw ConfigurationError(file: file, message: "is larger than \(Self.maximumBytes >> 20) MiB")
        }
        let node: Yams.Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw Self.syntaxError(error, file: file)
        }
        root = ConfigurationValue(node: node ?? Yams.Node([(Yams.Node, Yams.Node)]()), path: "", file: file)
    }

    package init(contentsOf path: String) throws(ConfigurationError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw ConfigurationError(file: path, message: "cannot be read: \(Self.reason(error)); check that the file exists and may be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ConfigurationError(file: path, message: "is not UTF-8 text")
        }
        try self.init(text: text, file: path)
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? CocoaError else { return "\(error)" }
        switch error.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: return "no such file"
        case .fileReadNoPermission: return "permission denied"
        default: return "it is no readable file"
        }
    }

    private static func syntaxError(_ error: any Error, file: String) -> ConfigurationError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            ConfigurationError(file: file, line: mark.line, message: "is not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            ConfigurationError(
                file: file, line: context.mark.line,
                message: "has the key “\(duplicates.first.map { Printable("\($0)", limit: 60).description } ?? "?")” twice in one mapping")
        default: ConfigurationError(file: file, message: "is not valid YAML")
        }
    }
}
