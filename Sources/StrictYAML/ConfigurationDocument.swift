import ClusterModel
import Yams

/// A YAML file read strictly: a key that nobody reads is an error, and every error names its file and line.
///
///     let document = try ConfigurationDocument(text: text, file: "agent.yaml")
///     let root = try document.root.mapping(keys: ["name", "reserved"])
///     let name = try root.required("name").name()
///     let memory = try root["reserved"]?.mapping(keys: ["memory"])["memory"]?.memory()
package struct ConfigurationDocument {
    package let root: ConfigurationValue

    /// An empty document reads as an empty mapping.
    package init(text: String, file: String) throws(ConfigurationError) {
        guard text.utf8.count <= ConfigurationFile.maximumBytes else {
            throw ConfigurationError(file: file, message: "is larger than \(ConfigurationFile.maximumBytes >> 20) MiB")
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
        try self.init(text: try ConfigurationFile.text(path), file: path)
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
