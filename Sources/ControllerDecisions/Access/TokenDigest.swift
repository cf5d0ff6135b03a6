import ClusterModel

/// The SHA-256 of a token's text, as four words.
package struct TokenDigest: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// Nil unless there are 32 bytes.
    package init?(_ bytes: some Sequence<UInt8>) {
        var words: [UInt64] = [0, 0, 0, 0]
        var count = 0
        for byte in bytes {
            guard count < 32 else { return nil }
            words[count / 8] = words[count / 8] << 8 | UInt64(byte)
            count += 1
        }
        guard count == 32 else { return nil }
        self.words = (words[0], words[1], words[2], words[3])
    }

    /// Takes as long for digests that differ in the first bit as for those that differ in the last.
    package func equalsInConstantTime(_ other: Self) -> Bool {
        (words.0 ^ other.words.0) | (words.1 ^ other.words.1) | (words.2 ^ other.words.2) | (words.3 ^ other.words.3) == 0
    }

    package static func == (left: Self, right: Self) -> Bool { left.equalsInConstantTime(right) }

    /// A digest is as evenly spread as any hash of it.
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

extension TokenDigest: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let high = rest.popFirst().flatMap(Self.value), let low = rest.popFirst().flatMap(Self.value) { bytes.append(high << 4 | low) }
        guard text.utf8.count == 64, let digest = TokenDigest(bytes) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "64 hexadecimal digits are expected.")
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let texts = [words.0, words.1, words.2, words.3].map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }
        try container.encode(texts.joined())
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}

/// A token and what it is known by.
package struct KeptToken: Hashable, Sendable, Codable {
    package var token: AccessToken
    package var digest: TokenDigest
    package init(token: AccessToken, digest: TokenDigest) {
        self.token = token
        self.digest = digest
    }
}
