import ClusterAPI
import ClusterModel
import ControllerDecisions
import Hummingbird

/// `/v1/sizes`
extension Controller {
    func listSizes(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["name"])
        let name = try query.name("name")
        return try list(
            call, query, view.sizes, matching: { name == nil || $0.name == name }, edit: { if case .size(let edit) = $0 { edit } else { nil } },
            id: { $0.name.text }, item: { $0 })
    }

    func createSize(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let body = try await JSONBody.read(call.request)
        let size = try JSONBody.decode(Size.self, body)
        return try await change(call, body: body, status: 201, .createSize(size), Self.size)
    }

    func deleteSize(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let name: Name
        do { name = try Name(call.parameters[0]) } catch { throw ErrorBody(code: .invalid, message: error.description) }
        return try await change(call, body: try await noBody(call), .deleteSize(name), Self.size)
    }

    @Sendable private static func size(_ answer: Answer) -> (any Encodable & Sendable)? {
        if case .size(let size) = answer { size } else { nil }
    }
}
