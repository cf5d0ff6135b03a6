import ClusterAPI
import ClusterModel
import ControllerDecisions
import Hummingbird

/// `/v1/events`
extension Controller {
    func listEvents(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["level", "reason", "instance", "node"])
        let matching = try eventFilter(query, call)
        if try query.flag("watch") {
            return try watch(call, query) { entry in
                guard case .event(let event) = entry, matching(event) else { return nil }
                return (try? Response.encoded(event)).map { WatchMessage(event: "put", data: $0) }
            }
        }
        let (limit, after) = try Self.page(query)
        let (events, revision) = log.events
        let found = events.lazy.filter { $0.revision > after && matching($0) }.prefix(limit + 1)
        let items = Array(found.prefix(limit))
        return try .json(Page(items: items, revision: revision, continue: found.count > limit ? items.last.map { String($0.revision) } : nil))
    }

    private func eventFilter(_ query: Query, _ call: APICall) throws(ErrorBody) -> @Sendable (Event) -> Bool {
        let level: Event.Level?
        if let text = query["level"] {
            guard let word = Event.Level(rawValue: text) else {
                throw ErrorBody(code: .invalid, message: "level: “\(Printable(text, limit: 40))” is not one of info, warning, error.")
            }
            level = word
        } else {
            level = nil
        }
        let reason = query["reason"]
        let instance = query["instance"]
        let node = query["node"]
        let seesCluster = call.caller.may(.inspect) && call.asked == nil
        return { event in
            guard event.project.map({ call.sees($0) }) ?? seesCluster else { return false }
            guard level == nil || event.level == level, reason == nil || event.reason == reason else { return false }
            switch event.subject {
            case .instance(let id, let name):
                return node == nil && (instance == nil || name.text == instance || id.description == instance?.lowercased())
            case .node(let id, let name): return instance == nil && (node == nil || name.text == node || id.description == node?.lowercased())
            case .cluster, .image, .size, .key, .volume, .snapshot, .project, .account: return instance == nil && node == nil
            }
        }
    }
}
