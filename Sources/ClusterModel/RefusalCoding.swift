/// On the wire one flat object: `{"reason": "short-of-memory", "resource": "memory", "need": 1024, "free": 512}`.
extension Refusal: Codable {
    private enum CodingKeys: String, CodingKey {
        case reason, resource, need, free, label, trait, has, taint, group, domain, count, maximum
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(reason, forKey: .reason)
        switch self {
        case .short(let resource, let need, let free):
            try fields.encode(resource, forKey: .resource)
            try fields.encode(need, forKey: .need)
            try fields.encode(free, forKey: .free)
        case .missingLabel(let label): try fields.encode(label, forKey: .label)
        case .missingTrait(let trait): try fields.encode(trait, forKey: .trait)
        case .wrongArchitecture(let need, let has):
            try fields.encode(need, forKey: .need)
            try fields.encode(has, forKey: .has)
        case .wrongPool(let need, let has):
            try fields.encodeIfPresent(need, forKey: .need)
            try fields.encodeIfPresent(has, forKey: .has)
        case .tainted(let taint): try fields.encode(taint, forKey: .taint)
        case .cordoned, .draining, .stale, .noAddress: break
        case .apartFrom(let group, let domain), .shunned(let group, let domain), .notTogetherWith(let group, let domain):
            try fields.encode(group, forKey: .group)
            try fields.encodeIfPresent(domain, forKey: .domain)
        case .skewed(let domain, let count, let maximum):
            try fields.encode(domain, forKey: .domain)
            try fields.encode(count, forKey: .count)
            try fields.encode(maximum, forKey: .maximum)
        case .missingDomain(let domain): try fields.encode(domain, forKey: .domain)
        }
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let reason = try fields.decode(String.self, forKey: .reason)
        switch reason {
        case "missing-label": self = .missingLabel(try fields.decode(Label.self, forKey: .label))
        case "missing-trait": self = .missingTrait(try fields.decode(String.self, forKey: .trait))
        case "wrong-architecture":
            self = .wrongArchitecture(
                need: try fields.decode(Architecture.self, forKey: .need), has: try fields.decode(Architecture.self, forKey: .has))
        case "wrong-pool":
            self = .wrongPool(need: try fields.decodeIfPresent(Name.self, forKey: .need), has: try fields.decodeIfPresent(Name.self, forKey: .has))
        case "tainted": self = .tainted(try fields.decode(Taint.self, forKey: .taint))
        case "cordoned": self = .cordoned
        case "draining": self = .draining
        case "stale": self = .stale
        case "no-address": self = .noAddress
        case "anti-affinity":
            self = .apartFrom(group: try fields.decode(Name.self, forKey: .group), domain: try fields.decodeIfPresent(String.self, forKey: .domain))
        case "shunned":
            self = .shunned(group: try fields.decode(Name.self, forKey: .group), domain: try fields.decodeIfPresent(String.self, forKey: .domain))
        case "affinity":
            self = .notTogetherWith(
                group: try fields.decode(Name.self, forKey: .group), domain: try fields.decodeIfPresent(String.self, forKey: .domain))
        case "spread":
            self = .skewed(
                domain: try fields.decode(String.self, forKey: .domain), count: try fields.decode(Int.self, forKey: .count),
                maximum: try fields.decode(Int.self, forKey: .maximum))
        case "missing-domain": self = .missingDomain(try fields.decode(String.self, forKey: .domain))
        case let text where text.hasPrefix("short-of-"):
            self = .short(
                of: try fields.decode(Resource.self, forKey: .resource), need: try fields.decode(Int64.self, forKey: .need),
                free: try fields.decode(Int64.self, forKey: .free))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .reason, in: fields, debugDescription: "“\(Printable(reason, limit: 40))” is no reason for a refusal.")
        }
    }
}
