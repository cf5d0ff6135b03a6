import ClusterAPI
import ClusterModel
import ControllerDecisions
import Hummingbird

/// `/v1/operations`
extension Controller {
    func listOperations(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["state", "kind", "instance"])
        let state = try query.word("state", InstanceOperation.State.self)
        let kind = try query.word("kind", InstanceOperation.Kind.self)
        let instance = query["instance"]
        return try list(
            call, query, view.operations,
            matching: { operation in
                call.sees(operation.project ?? Project.first) && (state == nil || operation.state == state) && (kind == nil || operation.kind == kind)
                    && (instance == nil || operation.instanceName.text == instance || operation.instance.description == instance?.lowercased())
            },
            edit: { if case .operation(let edit) = $0 { edit } else { nil } }, id: { $0.id.description }, item: { $0 })
    }

    func showOperation(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let id = try operationID(call.parameters[0])
        guard let operation = view.look({ $0.operations[id]?.value }) else {
            throw ErrorBody(code: .notFound, message: "There is no operation with the id \(id).")
        }
        return try .json(operation)
    }

    func cancelOperation(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let id = try operationID(call.parameters[0])
        return try await change(call, body: try await noBody(call), .cancel(id, deletion: .random())) { answer in
            if case .operation(let operation) = answer { operation } else { nil }
        }
    }
}
