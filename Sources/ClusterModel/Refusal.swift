/// Why one node can't take one request. A closed set, since callers count, sort and branch.
package enum Refusal: Hashable, Sendable {
    case short(of: Resource, need: Int64, free: Int64)
    case missingLabel(Label)
    case missingTrait(String)
    case wrongArchitecture(need: Architecture, has: Architecture)
    case wrongPool(need: Name?, has: Name?)
    case tainted(Taint)
    case cordoned
    case draining
    /// Not heard from lately: suspect or lost.
    case stale
    /// Every address of its range is taken.
    case noAddress
    case apartFrom(group: Name, domain: String?)
    /// An instance there must be apart from this one's group.
    case shunned(group: Name, domain: String?)
    case notTogetherWith(group: Name, domain: String?)
    case skewed(domain: String, count: Int, maximum: Int)
    case missingDomain(String)

    /// The missing amount in the resource's unit, for a node that is merely too full.
    package var shortfall: Int64? {
        if case .short(_, let need, let free) = self { need - free } else { nil }
    }
}

/// A dimension that a node can be short of.
package enum Resource: Hashable, Sendable {
    case cpu
    case memory
    case disk
    case device(Name)

    package var text: String {
        switch self {
        case .cpu: "cpu"
        case .memory: "memory"
        case .disk: "disk"
        case .device(let name): "device/\(name)"
        }
    }

    /// An amount of this resource as people read it.
    package func describe(_ amount: Int64) -> String {
        switch self {
        case .cpu: "\(MilliCPU(amount)) vCPU"
        case .memory, .disk: "\(MiB(amount))"
        case .device(let name): "\(amount) \(name)"
        }
    }
}

extension Resource: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        switch text {
        case "cpu": self = .cpu
        case "memory": self = .memory
        case "disk": self = .disk
        default:
            guard text.hasPrefix("device/"), let name = try? Name(String(text.dropFirst(7))) else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "“\(Printable(text, limit: 40))” is no resource."))
            }
            self = .device(name)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension Refusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .short(let resource, let need, let free):
            "short of \(resource.text): needs \(resource.describe(need)), free \(resource.describe(free)), short by \(resource.describe(need - free))"
        case .missingLabel(let label): "has no label \(label)"
        case .missingTrait(let trait): "has no trait \(trait)"
        case .wrongArchitecture(let need, let has): "is \(has.rawValue), needs \(need.rawValue)"
        case .wrongPool(let need, let has): "is in pool \(has?.text ?? "none"), needs \(need?.text ?? "a node outside dedicated pools")"
        case .tainted(let taint): "has taint \(taint)"
        case .cordoned: "is cordoned"
        case .draining: "is draining"
        case .stale: "has not been heard from"
        case .noAddress: "has no free address left in its range"
        case .apartFrom(let group, let domain): "already holds group \(group)\(domain.map { " in its \($0)" } ?? "")"
        case .shunned(let group, let domain): "holds an instance that must be apart from group \(group)\(domain.map { " in its \($0)" } ?? "")"
        case .notTogetherWith(let group, let domain): "does not hold group \(group)\(domain.map { " in its \($0)" } ?? "")"
        case .skewed(let domain, let count, let maximum): "would hold \(count) in its \(domain), at most \(maximum) allowed"
        case .missingDomain(let key): "has no label \(key) to spread over"
        }
    }

    /// The name of the reason alone, for counting.
    package var reason: String {
        switch self {
        case .short(let resource, _, _): "short-of-\(resource.text)"
        case .missingLabel: "missing-label"
        case .missingTrait: "missing-trait"
        case .wrongArchitecture: "wrong-architecture"
        case .wrongPool: "wrong-pool"
        case .tainted: "tainted"
        case .cordoned: "cordoned"
        case .draining: "draining"
        case .stale: "stale"
        case .noAddress: "no-address"
        case .apartFrom: "anti-affinity"
        case .shunned: "shunned"
        case .notTogetherWith: "affinity"
        case .skewed: "spread"
        case .missingDomain: "missing-domain"
        }
    }
}
