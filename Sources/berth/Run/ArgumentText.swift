import ClusterModel

/// Reads what people write on the command line. Each reader throws the sentence that is shown.
package enum ArgumentText {
    package struct Invalid: Error, Hashable, CustomStringConvertible { package let description: String }

    package static func name(_ text: String) throws -> Name { try Name(text) }
    package static func label(_ text: String) throws -> Label { try Label(text) }
    package static func time(_ text: String) throws -> Milliseconds { try Quantity.time(text) }

    /// A name or an id, as it goes into a path.
    package static func reference(_ text: String) throws -> String {
        if InstanceID(text) != nil { return text.lowercased() }
        return try Name(text).text
    }

    /// A name, an id or a SHA-256.
    package static func image(_ text: String) throws -> String { try Digest(hex: text)?.hex ?? reference(text) }

    package static func digest(_ text: String) throws -> Digest {
        guard let digest = Digest(hex: text.lowercased()) else { throw Invalid(description: "write a SHA-256: 64 hexadecimal digits") }
        return digest
    }

    /// Whether it is an operation's id, the controller says.
    package static func operation(_ text: String) throws -> String {
        guard !text.isEmpty else { throw Invalid(description: "write an id of `berth operation list`") }
        return text
    }

    /// What a size gives of vCPUs or memory, which can't be nothing.
    package static func cpu(_ text: String) throws -> MilliCPU {
        let amount = try Quantity.cpu(text)
        guard amount > .zero else { throw Invalid(description: "a guest needs some cpu: write 2, 0.5 or 1500m") }
        return amount
    }

    package static func memory(_ text: String) throws -> MiB {
        let amount = try Quantity.memory(text)
        guard amount > .zero else { throw Invalid(description: "a guest needs some memory: write 512MiB or 4GiB") }
        return amount
    }

    /// "gpu=2".
    package static func device(_ text: String) throws -> Resources.DeviceCount {
        let label = try Label(text)
        guard let count = Int64(label.value), count > 0, count <= 1_000_000 else {
            throw Invalid(description: "write a kind of device and how many, such as gpu=2")
        }
        return .init(name: try Name(label.key), count: count)
    }

    /// A user, or a service account as "project/name".
    package static func account(_ text: String) throws -> AccountName { try AccountName(text) }

    /// The secret itself is never an argument: it would be seen in the list of processes.
    package static func token(_ text: String) throws -> TokenID {
        guard let id = TokenID(text) else { throw Invalid(description: "write an id of `berth token list`, not the secret") }
        return id
    }

    package static func limit(_ text: String) throws -> Int64 {
        guard let number = Int64(text), number >= 0, number <= 1_000_000_000 else {
            throw Invalid(description: "write a whole number from 0 to 1000000000")
        }
        return number
    }

    package static func positive(_ text: String) throws -> Int {
        guard let number = Int(text), number > 0, number <= 1_000_000 else { throw Invalid(description: "write a whole number from 1 to 1000000") }
        return number
    }

    package static func trait(_ text: String) throws -> String {
        let allowed = text.utf8.allSatisfy { ($0 > 0x20 && $0 < 0x7F) && $0 != 0x2F }
        guard !text.isEmpty, text.utf8.count <= 63, allowed else { throw Invalid(description: "write a trait such as kvm.native or cpu.avx2") }
        return text
    }

    /// "key", or "key=value".
    package static func toleration(_ text: String) throws -> Toleration {
        guard text.contains("=") else { return Toleration(key: try Label(key: text, value: "").key) }
        let label = try Label(text)
        return Toleration(key: label.key, value: label.value)
    }

    /// "GROUP", "GROUP@rack", and either with ":soft".
    package static func groupRule(_ text: String) throws -> Constraints.GroupRule {
        let (rule, hard) = softened(text)
        let parts = rule.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let group = try Name(parts.first.map(String.init) ?? "")
        guard parts.count == 2 else { return .init(group: group, hard: hard) }
        return .init(group: group, domain: try domain(parts[1]), hard: hard)
    }

    /// "rack", "rack=2", and either with ":soft"; the group is named apart.
    package static func spread(_ text: String) throws -> (domain: String, skew: Int, hard: Bool) {
        let (rule, hard) = softened(text)
        let parts = rule.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let domain = try domain(parts.first ?? "")
        guard parts.count == 2 else { return (domain, 1, hard) }
        guard let skew = Int(parts[1]), skew > 0, skew <= 1_000_000 else {
            throw Invalid(description: "“\(Printable(String(parts[1]), limit: 40))” is no skew: write a whole number from 1, as in rack=2")
        }
        return (domain, skew, hard)
    }

    private static func softened(_ text: String) -> (Substring, hard: Bool) {
        text.hasSuffix(":soft") ? (text.dropLast(5), false) : (text[...], true)
    }

    private static func domain(_ text: Substring) throws -> String { try Label(key: String(text), value: "").key }
}
