/// An immutable bootable artefact, known by the SHA-256 of its bytes.
package struct Image: Hashable, Sendable, Codable {
    package enum Format: String, Hashable, Sendable, Codable, CaseIterable {
        /// A tar archive of `kernel` and `initrd`, booted directly, without a root disk.
        case linux
        case raw
        case qcow2
    }

    package var id: ImageID
    package var name: Name
    package var digest: Digest
    package var format: Format
    package var architecture: Architecture
    package var bytes: Int64
    /// The smallest root disk that holds it; zero for `linux`.
    package var minimumDisk: MiB
    package var createdAt: Timestamp
    /// The SHA-256 of the bytes that were imported, where they were flattened into others.
    package var sourceDigest: Digest?
    /// Of its maker: "12.11", "24.04 (20260101)".
    package var version: String?
    /// "debian", "ubuntu".
    package var os: String?
    package var cloudInit: CloudInit?
    /// Whose it is; nil where it is everybody's.
    package var project: Name?

    /// Where a guest looks for its seed.
    package enum CloudInit: String, Hashable, Sendable, Codable, CaseIterable {
        case none
        case nocloud
    }

    /// What it was imported as.
    package var importedDigest: Digest { sourceDigest ?? digest }

    package init(
        id: ImageID, name: Name, digest: Digest, format: Format, architecture: Architecture, bytes: Int64, minimumDisk: MiB, createdAt: Timestamp,
        sourceDigest: Digest? = nil, version: String? = nil, os: String? = nil, cloudInit: CloudInit? = nil, project: Name? = nil
    ) {
        self.id = id
        self.name = name
        self.digest = digest
        self.format = format
        self.architecture = architecture
        self.bytes = bytes
        self.minimumDisk = minimumDisk
        self.createdAt = createdAt
        self.sourceDigest = sourceDigest
        self.version = version
        self.os = os
        self.cloudInit = cloudInit
        self.project = project
    }
}

/// A SHA-256 as 64 lower-case hexadecimal digits; safe in a path.
package struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
    package let hex: String

    package init?(hex: String) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }) else { return nil }
        self.hex = hex
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let digest = Self(hex: text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "“\(Printable(text, limit: 80))” is no SHA-256: expected 64 lower-case hexadecimal digits."))
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    package var description: String { hex }
}
