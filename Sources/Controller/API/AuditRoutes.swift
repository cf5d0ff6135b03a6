import ClusterAPI
import ClusterModel
import FoundationEssentials
import Hummingbird

/// `/v1/audit`
extension Controller {
    private static let blocksAtOnce = 64

    /// Oldest first, after entry `continue`; with `last` only so many of the latest.
    func listAudit(_ call: APICall) async throws -> Response {
        let query = try call.query("limit", "continue", "last", "actor", "verb", "object")
        var (limit, after) = try Self.page(query)
        if let last = try query.integer("last", in: 1...1_000_000), query["continue"] == nil { after = max(0, writer.notes.head.number - last) }
        let filters = [("actor", \AuditEntry.actor), ("verb", \.verb), ("object", \.object)].compactMap { name, path in query[name].map { (path, $0) }
        }
        limit = min(limit, 500)
        var items: [AuditEntry] = []
        var looked = 0
        do {
            reading: while true {
                let blocks = try await store.audit(after: after, blocks: Self.blocksAtOnce)
                guard !blocks.isEmpty else { return try .json(Page(items: items, revision: writer.notes.head.number)) }
                for block in blocks {
                    guard let entries = AuditText.read(block) else { throw StoreError.damaged("audit entries \(block.first) to \(block.last)") }
                    for entry in entries where entry.number > after {
                        after = entry.number
                        looked += 1
                        if filters.allSatisfy({ entry[keyPath: $0.0] == $0.1 }) { items.append(entry) }
                        if items.count >= limit || looked >= 50_000 { break reading }
                    }
                }
            }
        } catch let error as StoreError {
            throw ErrorBody(code: .unavailable, message: "The audit can't be read: \(error).")
        }
        let isAtEnd = after >= writer.notes.head.number
        return try .json(Page(items: items, revision: writer.notes.head.number, continue: isAtEnd ? nil : "\(after)"))
    }

    func verifyAudit(_ call: APICall) async throws -> Response {
        let query = try call.query("expect")
        var expected: AuditMark?
        if let text = query["expect"] {
            guard let mark = AuditMark(text) else {
                throw ErrorBody(
                    code: .invalid, message: "expect: write what an earlier check gave as head, a number, a colon and 64 hexadecimal digits.")
            }
            expected = mark
        }
        do {
            return try .json(try await AuditVerifying.verify(store, head: writer.notes.head, expected: expected))
        } catch let error as StoreError {
            throw ErrorBody(code: .unavailable, message: "The audit can't be read: \(error).")
        }
    }
}
