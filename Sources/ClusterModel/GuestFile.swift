import FoundationEssentials

/// A regular file of a guest, to be sent or taken through the agent in it. What goes over the stream are `GuestFileFrame`s.
package struct GuestFile: Hashable, Sendable, Codable {
    package enum Direction: String, Hashable, Sendable, Codable { case fromGuest, toGuest }

    /// From the guest's root.
    package var path: String
    package var direction: Direction
    /// Permission bits of what is made in the guest.
    package var mode: Int32?

    package static let longestPath = 4096
    package static let permissions: Int32 = 0o777
    /// Of one file.
    package static let bytesLimit: Int64 = 64 << 30

    package init(path: String, direction: Direction, mode: Int32? = nil) {
        self.path = path
        self.direction = direction
        self.mode = mode
    }
}

/// How a copy ended. Without one it was cut short.
package struct GuestFileEnd: Hashable, Sendable, Codable {
    package var bytes: Int64
    /// Of the guest's file.
    package var mode: Int32?
    package var failure: String?

    package init(bytes: Int64, mode: Int32? = nil, failure: String? = nil) {
        self.bytes = bytes
        self.mode = mode
        self.failure = failure
    }
}

/// A piece of a file, or the end of the copy: a byte that says which, three of length, big-endian, and that many bytes.
package enum GuestFileFrame: Hashable, Sendable {
    case piece(Data)
    case end(GuestFileEnd)

    /// A multiple of three, so that the guest's agent gets it as base64 without padding.
    package static let pieceBytes = 192 << 10
    private static let longest = 1 << 20

    package var bytes: Data {
        switch self {
        case .piece(let data): Self.head(1, data.count) + data
        case .end(let end):
            if let text = try? JSONEncoder().encode(end) { Self.head(2, text.count) + text } else { Data() }
        }
    }

    private static func head(_ kind: UInt8, _ count: Int) -> Data {
        Data([kind, UInt8(truncatingIfNeeded: count >> 16), UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)])
    }

    package struct Malformed: Error, Hashable, CustomStringConvertible {
        package var description: String { "the other side does not keep to the form of a copy" }
    }

    /// Takes frames out of bytes that come in any pieces.
    package struct Reader: Sendable {
        private var buffer = Data()

        package init() {}

        package mutating func take(_ data: Data) throws(Malformed) -> [GuestFileFrame] {
            buffer.append(data)
            var frames: [GuestFileFrame] = []
            while buffer.count >= 4 {
                let head = Array(buffer.prefix(4))
                let count = Int(head[1]) << 16 | Int(head[2]) << 8 | Int(head[3])
                guard count <= longest else { throw Malformed() }
                guard buffer.count >= 4 + count else { break }
                let body = Data(buffer.dropFirst(4).prefix(count))
                buffer = Data(buffer.dropFirst(4 + count))
                switch head[0] {
                case 1: frames.append(.piece(body))
                case 2:
                    guard let end = try? JSONDecoder().decode(GuestFileEnd.self, from: body) else { throw Malformed() }
                    frames.append(.end(end))
                default: throw Malformed()
                }
            }
            return frames
        }
    }
}
