import ClusterAPI
import ClusterModel
import ControllerDecisions
import Hummingbird
import Placement

/// `/v1/nodes`
extension Controller {
    func listNodes(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["state", "label", "name"])
        let health = try query.word("state", Node.Health.self)
        let name = try query.name("name")
        let labels = try LabelFilter(query)
        return try list(
            call, query, view.nodes,
            matching: { (health == nil || $0.health == health) && (name == nil || $0.name == name) && labels.matches($0.labels) },
            edit: { if case .node(let edit) = $0 { edit } else { nil } }, id: { $0.id.description }, item: nodeView)
    }

    func showNode(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let key = try nodeKey(call.parameters[0])
        return try .json(nodeView(try view.read { state throws(ErrorBody) in try state.find(key) }))
    }

    /// With what is derived: usage is the sum of the engine's allocations.
    func nodeView(_ node: Node) -> NodeView {
        let (usage, count) = view.look { state in (state.engine.usage(of: node.id) ?? .zero, state.count(on: node.id)) }
        return NodeView(
            node: node, allocated: usage, free: node.capacity.allocatable - usage, instances: count, age: sessions.age(of: node.id))
    }

    func setCordoned(_ call: APICall, _ cordoned: Bool) async throws -> Response {
        _ = try call.query()
        let key = try nodeKey(call.parameters[0])
        return try await changeNode(call, cordoned ? .cordon(key) : .uncordon(key))
    }

    func removeNode(_ call: APICall) async throws -> Response {
        _ = try call.query()
        return try await changeNode(call, .removeNode(try nodeKey(call.parameters[0])))
    }

    private func changeNode(_ call: APICall, _ command: Command) async throws -> Response {
        let body = try await noBody(call)
        return try await change(call, body: body, command) { answer in
            guard case .node(let node) = answer else { return nil }
            return self.nodeView(node)
        }
    }
}
