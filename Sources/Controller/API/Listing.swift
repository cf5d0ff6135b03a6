import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Hummingbird

/// Pages of a list, and watches of it.
extension Controller {
    static let listing = ["limit", "continue", "watch", "since"]

    /// One page of what matches, or with `watch` the stream of what changes.
    func list<Value: Sendable, Item: Codable & Sendable>(
        _ call: APICall, _ query: Query, _ listed: @autoclosure () -> Listed<Value>, matching: @escaping @Sendable (Value) -> Bool,
        edit: @escaping @Sendable (Change) -> Edit<Value>?, id: @escaping @Sendable (Value) -> String, item: @escaping @Sendable (Value) -> Item
    ) throws(ErrorBody) -> Response {
        if try query.flag("watch") {
            return try watch(call, query) { entry in
                guard case .change(let change) = entry, let edit = edit(change.change) else { return nil }
                return Self.selected(edit, matching: matching, id: id, item: item)
            }
        }
        let (limit, after) = try Self.page(query)
        let listed = listed()
        var items: [Item] = []
        var next: String?
        var last: Int64 = 0
        for row in listed.rows where row.key > after && matching(row.value) {
            guard items.count < limit else {
                next = String(last)
                break
            }
            items.append(item(row.value))
            last = row.key
        }
        return try .json(Page(items: items, revision: listed.revision, continue: next))
    }

    static func page(_ query: Query) throws(ErrorBody) -> (limit: Int, after: Int64) {
        let limit = try query.integer("limit", in: 1...500) ?? 100
        let after = try query.integer("continue", in: 0...Int64.max) ?? 0
        return (Int(limit), after)
    }

    /// What a watcher with a filter is told: something that comes to match is put, something that ceases to is deleted.
    private static func selected<Value, Item: Codable>(
        _ edit: Edit<Value>, matching: (Value) -> Bool, id: (Value) -> String, item: (Value) -> Item
    ) -> WatchMessage? {
        if let after = edit.after?.value, matching(after) {
            return (try? Response.encoded(item(after))).map { WatchMessage(event: "put", data: $0) }
        }
        guard let before = edit.before?.value, matching(before) else { return nil }
        return (try? Response.encoded(["id": id(before)])).map { WatchMessage(event: "delete", data: $0) }
    }
}
