import ClusterAPI
import ClusterModel
import FoundationEssentials

/// Walks the whole chain, from what was forgotten last to its end.
enum AuditVerifying {
    private static let blocksAtOnce = 256

    /// - Parameters:
    ///   - head: the end that is known in memory, which must be there; nil where none is.
    ///   - expected: an end that was noted before.
    static func verify(_ store: any StateStore, head: AuditMark?, expected: AuditMark? = nil) async throws(StoreError) -> AuditVerification {
        let anchor = try await store.auditEnds().anchor
        var mark = anchor
        var trouble: String?
        var meets = expected.map { $0 == anchor } ?? true
        walk: while trouble == nil {
            let blocks = try await store.audit(after: mark.number, blocks: blocksAtOnce)
            if blocks.isEmpty { break }
            for block in blocks {
                guard block.first == mark.number + 1, block.last >= block.first else {
                    trouble = "entries \(mark.number + 1) to \(block.first - 1) are missing"
                    break walk
                }
                guard AuditChain.hash(after: mark.hash, block.body) == block.hash, AuditText.read(block) != nil else {
                    trouble = "entries \(block.first) to \(block.last) are not what was written"
                    break walk
                }
                mark = AuditMark(number: block.last, hash: block.hash)
                if mark == expected { meets = true }
            }
        }
        if trouble == nil, let head, mark.number < head.number { trouble = "entries \(mark.number + 1) to \(head.number) are missing" }
        if trouble == nil, !meets, let expected {
            trouble =
                expected.number < anchor.number
                ? "entry \(expected.number) is older than what is kept, which begins after \(anchor.number)"
                : "the chain does not hold entry \(expected.number) with the hash that was expected"
        }
        return AuditVerification(
            intact: trouble == nil, trouble: trouble, first: mark.number > anchor.number ? anchor.number + 1 : 0, last: mark.number,
            head: mark.text, anchor: anchor.text)
    }
}

extension AuditMark {
    var text: String { "\(number):\(hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())" }

    /// As `text` writes it.
    init?(_ text: String) {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count == 2, let number = Int64(halves[0]), number >= 0, let digest = Digest(hex: halves[1].lowercased()) else { return nil }
        var bytes = Data()
        var rest = digest.hex.utf8[...]
        while let high = rest.popFirst(), let low = rest.popFirst() {
            guard let byte = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16) else { return nil }
            bytes.append(byte)
        }
        self.init(number: number, hash: bytes)
    }
}
