import ClusterModel
import Crypto
import FoundationEssentials

/// The end of the chain that audit entries make. Those of one commit are one block, whose hash is the SHA-256 of the hash before it and of its bytes.
struct AuditChain: Sendable {
    /// Of the last entry.
    private(set) var head: AuditMark
    /// Of the last entry that was forgotten.
    var anchor: AuditMark

    init(head: AuditMark, anchor: AuditMark) {
        self.head = head
        self.anchor = anchor
    }

    var next: Int64 { head.number + 1 }

    /// - Parameter entries: at least one, numbered from `next`.
    mutating func append(_ entries: [AuditEntry]) -> AuditBlock {
        let body = AuditText.write(entries)
        let hash = Self.hash(after: head.hash, body)
        defer { head = AuditMark(number: head.number + Int64(entries.count), hash: hash) }
        return AuditBlock(first: next, last: head.number + Int64(entries.count), body: body, hash: hash)
    }

    /// Up to where entries are to be forgotten, in coarse steps; nil where none are.
    mutating func surplus(keeping kept: Int64) -> Int64? {
        guard head.number - anchor.number > kept + max(kept / 10, 1000) else { return nil }
        anchor.number = head.number - kept
        return anchor.number
    }

    static func hash(after hash: Data, _ body: Data) -> Data {
        var sum = SHA256()
        sum.update(data: hash)
        sum.update(data: body)
        return Data(sum.finalize())
    }
}

/// Entries as they are stored: a line each, its fields apart by tabs, which none of them holds.
enum AuditText {
    static func write(_ entries: [AuditEntry]) -> Data {
        var text: [UInt8] = []
        text.reserveCapacity(entries.count * 160)
        for entry in entries {
            text += "\(entry.at.milliseconds)".utf8
            for field in [
                entry.actor, entry.address, entry.verb, entry.object, entry.decision.rawValue, entry.code?.rawValue ?? "", entry.requestID,
            ] {
                text.append(0x09)
                text += field.utf8.lazy.filter { $0 >= 0x20 }
            }
            text.append(0x0A)
        }
        return Data(text)
    }

    /// Nil where the bytes are no entries.
    static func read(_ block: AuditBlock) -> [AuditEntry]? {
        var entries: [AuditEntry] = []
        for line in block.body.split(separator: 0x0A) {
            let fields = line.split(separator: 0x09, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
            guard fields.count == 8, let at = Int64(fields[0]), let decision = AuditEntry.Decision(rawValue: fields[5]) else { return nil }
            entries.append(
                AuditEntry(
                    number: block.first + Int64(entries.count), at: Timestamp(milliseconds: at), actor: fields[1], address: fields[2],
                    verb: fields[3], object: fields[4], decision: decision, code: ErrorBody.Code(rawValue: fields[6]), requestID: fields[7]))
        }
        return Int64(entries.count) == block.last - block.first + 1 ? entries : nil
    }
}
