import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
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
        let (usage, count, drain) = view.look { state in
            (state.engine.usage(of: node.id) ?? .zero, state.count(on: node.id), state.drainProgress(of: node))
        }
        return NodeView(
            node: node, allocated: usage, free: node.capacity.allocatable - usage, instances: count, age: sessions.age(of: node.id), drain: drain)
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

    /// With `dryRun` the plan alone.
    func drainNode(_ call: APICall) async throws -> Response {
        let query = try call.query("dryRun")
        let key = try nodeKey(call.parameters[0])
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(DrainRequest.self, body, optional: true)
        let stop = request.stop ?? false
        if try query.flag("dryRun") {
            let state = view.copy
            let node = try state.find(key)
            return try .json(DrainAnswer(node: nodeView(node), plan: state.drainPlan(of: node, stop: stop)))
        }
        return try await change(call, body: body, .drain(key, stop: stop, parallel: request.parallel ?? Self.parallelMoves)) { answer in
            guard case .drain(let node, let plan) = answer else { return nil }
            return DrainAnswer(node: self.nodeView(node), plan: plan)
        }
    }

    static let parallelMoves = 4

    func confirmDeadNode(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try nodeKey(call.parameters[0])
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(ConfirmDeadRequest.self, body, optional: true)
        return try await changeNode(call, .confirmDead(key, diskGone: request.diskGone ?? false), body: body)
    }

    private func changeNode(_ call: APICall, _ command: Command, body: Data? = nil) async throws -> Response {
        let body = if let body { body } else { try await noBody(call) }
        return try await change(call, body: body, command) { answer in
            guard case .node(let node) = answer else { return nil }
            return self.nodeView(node)
        }
    }
}
