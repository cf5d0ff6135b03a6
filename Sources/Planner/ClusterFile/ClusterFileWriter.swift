import ClusterModel

extension ClusterFile {
    /// The file's text, which reads back as an equal value: a line per entry, what is as by default left out.
    package func yaml() -> String {
        var lines = ["name: \(Self.quoted(name.text))", "policy: \(policy.rawValue)"]
        func section(_ key: String, _ entries: [String]) {
            guard !entries.isEmpty else { return }
            lines.append("\(key):")
            lines += entries.map { "  - \($0)" }
        }
        section("nodes", nodes.map { $0.flow })
        section("sizes", sizes.map { Self.flow([("name", Self.quoted($0.name.text))] + Self.room($0.resources) + Self.words("traits", $0.traits)) })
        section("instances", instances.map { $0.flow })
        return lines.joined(separator: "\n") + "\n"
    }

    fileprivate typealias Fields = [(String, String)]

    fileprivate static func flow(_ fields: Fields) -> String { "{" + fields.map { "\($0.0): \($0.1)" }.joined(separator: ", ") + "}" }

    fileprivate static func naming(_ pattern: NamePattern) -> Fields {
        [("name", quoted(pattern.text))] + (pattern.count.map { [("count", "\($0)")] } ?? [])
    }

    fileprivate static func words(_ key: String, _ words: [String]) -> Fields {
        words.isEmpty ? [] : [(key, "[" + words.map(quoted).joined(separator: ", ") + "]")]
    }

    fileprivate static func labels(_ key: String, _ labels: [Label]) -> Fields {
        labels.isEmpty ? [] : [(key, flow(labels.map { (quoted($0.key), quoted($0.value)) }))]
    }

    fileprivate static func room(_ room: Resources) -> Fields {
        var fields = [("cpu", "\"\(room.cpu)\""), ("memory", amount(room.memory)), ("disk", amount(room.disk))]
        if !room.devices.isEmpty { fields.append(("devices", flow(room.devices.map { (quoted($0.name.text), "\($0.count)") }))) }
        return fields
    }

    private static func amount(_ amount: MiB) -> String { amount.description.filter { $0 != " " } }

    /// Plain where every reader of YAML takes it for text, otherwise in quotes. What stands in a cluster file has neither quotes nor control characters.
    fileprivate static func quoted(_ text: String) -> String {
        let plain =
            text.utf8.first.map { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A } ?? false
            && text.utf8.allSatisfy { byte in
                ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || byte == 0x2D || byte == 0x2E || byte == 0x5F
            }
        let taken = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(text.lowercased())
        return plain && !taken ? text : "\"\(text)\""
    }
}

extension ClusterFile.NodeEntry {
    fileprivate var flow: String {
        var fields = ClusterFile.naming(name) + ClusterFile.labels("labels", labels.all)
        fields += ClusterFile.words("taints", taints.map(\.description)) + ClusterFile.room(capacity.total)
        if capacity.reserved != .zero { fields.append(("reserved", ClusterFile.flow(ClusterFile.room(capacity.reserved)))) }
        let ratio = capacity.overcommit
        let ratios = [("cpu", ratio.cpuPercent), ("memory", ratio.memoryPercent), ("disk", ratio.diskPercent)].filter { $0.1 != 100 }
        if !ratios.isEmpty { fields.append(("overcommit", ClusterFile.flow(ratios.map { ($0.0, "\($0.1)") }))) }
        if architecture != .x86_64 { fields.append(("architecture", architecture.rawValue)) }
        fields += ClusterFile.words("traits", traits)
        if vmm != .qemu { fields.append(("vmm", vmm.rawValue)) }
        if overhead != .zero { fields.append(("overhead", "\(overhead.count)MiB")) }
        if cordoned { fields.append(("cordoned", "true")) }
        return ClusterFile.flow(fields)
    }
}

extension ClusterFile.InstanceEntry {
    fileprivate var flow: String {
        var fields = ClusterFile.naming(name)
        if let size { fields.append(("size", ClusterFile.quoted(size.text))) } else { fields += ClusterFile.room(resources) }
        if let node { fields.append(("node", ClusterFile.quoted(node.text))) }
        fields += ClusterFile.words("groups", groups.map(\.text)) + ClusterFile.labels("labels", labels.all)
        if let policy { fields.append(("policy", policy.rawValue)) }
        if let expiresAt { fields.append(("expiresAt", "\"\(expiresAt)\"")) }
        fields +=
            ClusterFile.words("require", constraints.require.map(\.description)) + ClusterFile.words("prefer", constraints.prefer.map(\.description))
        fields += ClusterFile.words(
            "tolerate", constraints.tolerate.map { toleration in toleration.value.map { "\(toleration.key)=\($0)" } ?? toleration.key })
        fields += ClusterFile.words("traits", constraints.traits)
        if let architecture = constraints.architecture { fields.append(("architecture", architecture.rawValue)) }
        if let pool = constraints.pool { fields.append(("pool", ClusterFile.quoted(pool.text))) }
        for (key, rules) in [("antiAffinity", constraints.antiAffinity), ("affinity", constraints.affinity)] where !rules.isEmpty {
            fields.append((key, "[" + rules.map(Self.rule).joined(separator: ", ") + "]"))
        }
        if !constraints.spread.isEmpty {
            let rules = constraints.spread.map { rule in
                ClusterFile.flow([
                    ("group", ClusterFile.quoted(rule.group.text)), ("domain", ClusterFile.quoted(rule.domain)),
                    ("maximumSkew", "\(rule.maximumSkew)"),
                    ("hard", "\(rule.hard)"),
                ])
            }
            fields.append(("spread", "[" + rules.joined(separator: ", ") + "]"))
        }
        return ClusterFile.flow(fields)
    }

    private static func rule(_ rule: Constraints.GroupRule) -> String {
        ClusterFile.flow(
            [("group", ClusterFile.quoted(rule.group.text))] + (rule.domain.map { [("domain", ClusterFile.quoted($0))] } ?? [])
                + [("hard", "\(rule.hard)")])
    }
}
