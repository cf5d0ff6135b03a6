import FoundationEssentials
import Glibc
import StrictYAML

/// The clusters that a person works with: `$XDG_CONFIG_HOME/berth/context.yaml`.
///
///     current: dev
///     contexts:
///       - name: dev
///         endpoint: "https://127.0.0.1:41234"
///       - name: office
///         endpoint: "https://berth.example.org"
///         ca: "/etc/berth/authority.pem"
///         token: "…"
///         project: "shop"
package struct ContextFile: Hashable, Sendable {
    package struct Context: Hashable, Sendable {
        package var name: String
        package var endpoint: String
        package var token: String?
        package var project: String?
        /// The path of the authority’s certificate; nil: whatever the machine trusts.
        package var ca: String?
        package init(name: String, endpoint: String, token: String? = nil, project: String? = nil, ca: String? = nil) {
            self.project = project
            self.ca = ca
            self.name = name
            self.endpoint = endpoint
            self.token = token
        }
    }

    package var current: String?
    package var contexts: [Context] = []
    package init() {}

    /// Nil where neither XDG_CONFIG_HOME nor HOME is set.
    package static var standardPath: String? {
        UserDirectory.path(variable: "XDG_CONFIG_HOME", fallback: ".config").map { $0 + "/berth/context.yaml" }
    }

    /// Nil where there is no file.
    package static func read(_ path: String) throws(ConfigurationError) -> ContextFile? {
        guard access(path, F_OK) == 0 else { return nil }
        let root = try ConfigurationDocument(contentsOf: path).root.mapping(keys: ["current", "contexts"])
        var file = ContextFile()
        file.current = try root["current"]?.string()
        for value in try root["contexts"]?.list() ?? [] {
            let fields = try value.mapping(keys: ["name", "endpoint", "token", "project", "ca"])
            file.contexts.append(
                Context(
                    name: try fields.required("name").string(), endpoint: try fields.required("endpoint").string(),
                    token: try fields["token"]?.string(), project: try fields["project"]?.string(), ca: try fields["ca"]?.string()))
        }
        return file
    }

    package mutating func set(_ context: Context) {
        if let place = contexts.firstIndex(where: { $0.name == context.name }) { contexts[place] = context } else { contexts.append(context) }
    }

    package mutating func remove(_ name: String) { contexts.removeAll { $0.name == name } }

    package var text: String {
        var text = current.map { "current: \(YAMLText.quoted($0))\n" } ?? ""
        if !contexts.isEmpty { text += "contexts:\n" }
        for context in contexts {
            text += "  - name: \(YAMLText.quoted(context.name))\n    endpoint: \(YAMLText.quoted(context.endpoint))\n"
            if let project = context.project { text += "    project: \(YAMLText.quoted(project))\n" }
            if let ca = context.ca { text += "    ca: \(YAMLText.quoted(ca))\n" }
            if let token = context.token { text += "    token: \(YAMLText.quoted(token))\n" }
        }
        return text
    }

    /// Written beside and renamed, readable by the owner alone since it may hold tokens.
    package func write(_ path: String) throws {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        try UserDirectory.make(folder)
        try UserDirectory.replace(path, with: text, mode: 0o600)
    }
}

package enum YAMLText {
    /// A double-quoted scalar, which can hold any text.
    package static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                quoted += "\\x" + (hex.count < 2 ? "0" + hex : hex)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
