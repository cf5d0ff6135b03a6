import ClusterModel
import StrictYAML

/// The constraint keys of an instance entry.
enum ConstraintsReader {
    static func read(_ fields: ConfigurationMapping, traits: [String]) throws(ConfigurationError) -> Constraints {
        var constraints = Constraints()
        constraints.traits = traits
        for value in try fields["require"]?.list() ?? [] { constraints.require.append(try label(value)) }
        for value in try fields["prefer"]?.list() ?? [] { constraints.prefer.append(try label(value)) }
        for value in try fields["tolerate"]?.list() ?? [] { constraints.tolerate.append(try toleration(value)) }
        if let architecture = fields["architecture"] { constraints.architecture = try architecture.word(Architecture.self) }
        if let pool = fields["pool"] { constraints.pool = try pool.name() }
        for value in try fields["antiAffinity"]?.list() ?? [] { constraints.antiAffinity.append(try groupRule(value)) }
        for value in try fields["affinity"]?.list() ?? [] { constraints.affinity.append(try groupRule(value)) }
        for value in try fields["spread"]?.list() ?? [] {
            let fields = try value.mapping(keys: ["group", "domain", "maximumSkew", "hard"])
            let domain = try fields.required("domain")
            constraints.spread.append(
                .init(
                    group: try fields.required("group").name(), domain: try labelKey(domain),
                    maximumSkew: Int(try fields["maximumSkew"]?.integer(in: 1...1_000_000) ?? 1), hard: try fields["hard"]?.bool() ?? true))
        }
        return constraints
    }

    private static func label(_ value: ConfigurationValue) throws(ConfigurationError) -> Label {
        let text = try value.string()
        do { return try Label(text) } catch { throw value.error(error.description) }
    }

    /// "key" or "key=value".
    private static func toleration(_ value: ConfigurationValue) throws(ConfigurationError) -> Toleration {
        let text = try value.string()
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        do {
            let label = try Label(key: parts[0], value: parts.count == 2 ? parts[1] : "")
            return Toleration(key: label.key, value: parts.count == 2 ? label.value : nil)
        } catch { throw value.error(error.description) }
    }

    private static func groupRule(_ value: ConfigurationValue) throws(ConfigurationError) -> Constraints.GroupRule {
        let fields = try value.mapping(keys: ["group", "domain", "hard"])
        var domain: String?
        if let key = fields["domain"] { domain = try labelKey(key) }
        return .init(group: try fields.required("group").name(), domain: domain, hard: try fields["hard"]?.bool() ?? true)
    }

    private static func labelKey(_ value: ConfigurationValue) throws(ConfigurationError) -> String {
        let text = try value.string()
        do { return try Label(key: text, value: "").key } catch { throw value.error(error.description) }
    }
}
