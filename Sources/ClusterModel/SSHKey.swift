import FoundationEssentials

/// A public key that people log in with, kept under a name.
package struct SSHKey: Hashable, Sendable, Codable {
    package var name: Name
    package var project: Name
    package var publicKey: SSHPublicKey
    /// As `ssh-keygen -l` shows it: "SHA256:…".
    package var fingerprint: String
    package var createdAt: Timestamp

    package init(name: Name, project: Name = Project.first, publicKey: SSHPublicKey, fingerprint: String, createdAt: Timestamp) {
        self.name = name
        self.project = project
        self.publicKey = publicKey
        self.fingerprint = fingerprint
        self.createdAt = createdAt
    }

    /// Also reads what was stored before keys belonged to projects.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        name = try fields.decode(Name.self, forKey: .name)
        project = try fields.decodeIfPresent(Name.self, forKey: .project) ?? Project.first
        publicKey = try fields.decode(SSHPublicKey.self, forKey: .publicKey)
        fingerprint = try fields.decode(String.self, forKey: .fingerprint)
        createdAt = try fields.decode(Timestamp.self, forKey: .createdAt)
    }
}

/// One line of a `.pub` file: a type, the key in base64, and a comment. Nothing else fits in it, so it can't carry options of `authorized_keys`.
package struct SSHPublicKey: Hashable, Sendable, CustomStringConvertible {
    package let type: String
    /// The key as it is on the wire, which begins with its type.
    package let blob: Data
    package let comment: String

    package struct Invalid: Error, Hashable, CustomStringConvertible { package let description: String }

    private static let types = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa", "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ]
    private static let limit = 16 << 10

    package init(_ text: String) throws(Invalid) {
        let line = text.drop { $0.isWhitespace }.prefix { !$0.isNewline }
        guard !text.contains("PRIVATE KEY") else {
            throw Invalid(description: "this is a private key, which belongs to nobody but you: give the file whose name ends in .pub")
        }
        guard text.utf8.count <= Self.limit, text.split(whereSeparator: \.isNewline).count == 1 else {
            throw Invalid(description: "one public key on one line is expected, of at most \(Self.limit) bytes")
        }
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, Self.types.contains(String(words[0])) else {
            throw Invalid(description: "this is no public SSH key: a line is expected that begins with one of \(Self.types.joined(separator: ", "))")
        }
        let name = Data(words[0].utf8)
        let length = withUnsafeBytes(of: UInt32(name.count).bigEndian) { Data($0) }
        guard let blob = Data(base64Encoded: String(words[1])), blob.starts(with: length + name), blob.count > length.count + name.count + 4 else {
            throw Invalid(description: "the key behind “\(words[0])” is damaged: its base64 does not hold a key of that type")
        }
        type = String(words[0])
        self.blob = blob
        comment = Printable(words.count > 2 ? words[2].trimmed : "", limit: 256).description
    }

    package var description: String { "\(type) \(blob.base64EncodedString())\(comment.isEmpty ? "" : " \(comment)")" }
}

extension SSHPublicKey: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do throws(Invalid) { self = try Self(try Self.text(container)) } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    private static func text(_ container: any SingleValueDecodingContainer) throws(Invalid) -> String {
        guard let text = try? container.decode(String.self) else { throw Invalid(description: "text is expected") }
        return text
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Substring {
    fileprivate var trimmed: String { String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
}
