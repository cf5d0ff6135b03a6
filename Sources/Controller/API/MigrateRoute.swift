import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Hummingbird

/// `/v1/instances/{instance}/migrate`
extension Controller {
    func migrateInstance(_ call: APICall) async throws -> Response {
        let key = try instanceKey(call)
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(MigrateRequest.self, body, optional: true)
        let limits = MigrationLimits(
            bandwidth: request.bandwidth, maxDowntime: request.maxDowntime ?? MigrationLimits.standardDowntime)
        return try await changeInstance(
            call, body: body,
            .migrate(key, .init(operation: .random(), target: try request.node.map(nodeKey), live: request.live, limits: limits)))
    }
}
