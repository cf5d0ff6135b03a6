import FoundationEssentials

/// An identifier made by the server and never by a user; it is safe in a path. The kind keeps a `NodeID` out of the place of an `InstanceID`.
package struct ID<Kind>: Hashable, Sendable {
    package let rawValue: UUID

    package init(_ rawValue: UUID) { self.rawValue = rawValue }

    /// Nil unless the text is a UUID, in upper or lower case.
    package init?(_ text: String) {
        guard let uuid = UUID(uuidString: text) else { return nil }
        rawValue = uuid
    }

    /// Random, so not for the Decisions targets: they are given ids.
    package static func random() -> Self { Self(UUID()) }
}

extension ID: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        withUnsafeBytes(of: left.rawValue.uuid) { a in
            withUnsafeBytes(of: right.rawValue.uuid) { b in a.lexicographicallyPrecedes(b) }
        }
    }
}

extension ID: CustomStringConvertible {
    package var description: String { rawValue.uuidString.lowercased() }
}

extension ID: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "“\(text.prefix(80))” is no id: expected a UUID."))
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension ID: CodingKeyRepresentable {
    package var codingKey: any CodingKey { TextKey(description) }
    package init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}

struct TextKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension ID where Kind == InstanceOperation {
    /// Of an operation that no request named: one for each generation of an instance. A UUID of version 8, so that no random one is the same.
    package init(begunBy generation: Int64, of instance: InstanceID) {
        var bytes = instance.rawValue.uuid
        withUnsafeMutableBytes(of: &bytes) { bytes in
            withUnsafeBytes(of: generation.bigEndian) { number in
                for place in 0..<8 { bytes[8 + place] ^= number[place] }
            }
            bytes[6] = bytes[6] & 0x0F | 0x80
        }
        self.init(UUID(uuid: bytes))
    }
}

package typealias InstanceID = ID<Instance>
package typealias NodeID = ID<Node>
package typealias ImageID = ID<Image>
package typealias OperationID = ID<InstanceOperation>
package typealias VolumeID = ID<Volume>
package typealias SnapshotID = ID<Snapshot>
package typealias StreamID = ID<StreamRequest>
