/// What booting a guest of a few dozen bytes on /dev/kvm showed.
package enum KVMFinding: Hashable, Sendable {
    case absent
    case refused(reason: String)
    /// It runs, but so slowly that it must be emulated by the machine below.
    case emulated(instructionsPerSecond: Int64)
    case native(instructionsPerSecond: Int64)

    package var word: String {
        switch self {
        case .absent: "absent"
        case .refused: "refused"
        case .emulated: "emulated"
        case .native: "native"
        }
    }
}

/// On the wire `{"finding": "emulated", "instructionsPerSecond": 1000000}`.
extension KVMFinding: Codable {
    private enum CodingKeys: String, CodingKey { case finding, instructionsPerSecond, reason }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(word, forKey: .finding)
        switch self {
        case .absent: break
        case .refused(let reason): try fields.encode(reason, forKey: .reason)
        case .emulated(let speed), .native(let speed): try fields.encode(speed, forKey: .instructionsPerSecond)
        }
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        switch try fields.decode(String.self, forKey: .finding) {
        case "absent": self = .absent
        case "refused": self = .refused(reason: try fields.decode(String.self, forKey: .reason))
        case "emulated": self = .emulated(instructionsPerSecond: try fields.decode(Int64.self, forKey: .instructionsPerSecond))
        case "native": self = .native(instructionsPerSecond: try fields.decode(Int64.self, forKey: .instructionsPerSecond))
        case let word:
            throw DecodingError.dataCorruptedError(
                forKey: .finding, in: fields, debugDescription: "“\(Printable(word, limit: 40))” is no finding about KVM.")
        }
    }
}
