/// What a placement must and may heed. Empty means: anywhere.
package struct Constraints: Hashable, Sendable, Codable {
    package var require: [Label] = []
    package var prefer: [Label] = []
    package var tolerate: [Toleration] = []
    package var traits: [String] = []
    package var architecture: Architecture?
    /// The node's label `pool`; nil is any pool that is not dedicated.
    package var pool: Name?
    package var antiAffinity: [GroupRule] = []
    package var affinity: [GroupRule] = []
    package var spread: [SpreadRule] = []

    /// Instances that carry `group` are kept apart (or together) in one domain: a node, or the nodes that share the label `domain`.
    package struct GroupRule: Hashable, Sendable, Codable {
        package var group: Name
        /// A label key ("rack", "zone"), or nil for the node itself.
        package var domain: String?
        package var hard: Bool
        package init(group: Name, domain: String? = nil, hard: Bool = true) {
            self.group = group
            self.domain = domain
            self.hard = hard
        }
    }

    /// The instances of `group` differ by at most `maximumSkew` between any two values of the label `domain`.
    package struct SpreadRule: Hashable, Sendable, Codable {
        package var group: Name
        package var domain: String
        package var maximumSkew: Int
        package var hard: Bool
        package init(group: Name, domain: String, maximumSkew: Int = 1, hard: Bool = true) {
            self.group = group
            self.domain = domain
            self.maximumSkew = maximumSkew
            self.hard = hard
        }
    }

    package init() {}

    private enum CodingKeys: String, CodingKey {
        case require, prefer, tolerate, traits, architecture, pool, antiAffinity, affinity, spread
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        require = try fields.decodeIfPresent([Label].self, forKey: .require) ?? []
        prefer = try fields.decodeIfPresent([Label].self, forKey: .prefer) ?? []
        tolerate = try fields.decodeIfPresent([Toleration].self, forKey: .tolerate) ?? []
        traits = try fields.decodeIfPresent([String].self, forKey: .traits) ?? []
        architecture = try fields.decodeIfPresent(Architecture.self, forKey: .architecture)
        pool = try fields.decodeIfPresent(Name.self, forKey: .pool)
        antiAffinity = try fields.decodeIfPresent([GroupRule].self, forKey: .antiAffinity) ?? []
        affinity = try fields.decodeIfPresent([GroupRule].self, forKey: .affinity) ?? []
        spread = try fields.decodeIfPresent([SpreadRule].self, forKey: .spread) ?? []
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        if !require.isEmpty { try fields.encode(require, forKey: .require) }
        if !prefer.isEmpty { try fields.encode(prefer, forKey: .prefer) }
        if !tolerate.isEmpty { try fields.encode(tolerate, forKey: .tolerate) }
        if !traits.isEmpty { try fields.encode(traits, forKey: .traits) }
        try fields.encodeIfPresent(architecture, forKey: .architecture)
        try fields.encodeIfPresent(pool, forKey: .pool)
        if !antiAffinity.isEmpty { try fields.encode(antiAffinity, forKey: .antiAffinity) }
        if !affinity.isEmpty { try fields.encode(affinity, forKey: .affinity) }
        if !spread.isEmpty { try fields.encode(spread, forKey: .spread) }
    }

    package var isEmpty: Bool { self == Constraints() }
}
