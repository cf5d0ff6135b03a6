import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Hummingbird

/// `/v1/snapshots`
extension Controller {
    func listSnapshots(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["name", "project", "instance"])
        let name = try query.name("name")
        let project = try query.name("project")
        let instance = query["instance"]
        return try list(
            call, query, view.snapshots,
            matching: { snapshot in
                (name == nil || snapshot.name == name) && (project == nil || snapshot.project == project)
                    && (instance == nil || snapshot.instanceName.text == instance || snapshot.instance.description == instance?.lowercased())
            }, edit: { if case .snapshot(let edit) = $0 { edit } else { nil } }, id: { $0.id.description }, item: { $0 })
    }

    func showSnapshot(_ call: APICall) throws(ErrorBody) -> Response {
        let key = try snapshotKey(call.parameters[0], try call.query("project"))
        return try .json(try view.read { state throws(ErrorBody) in try state.find(key) })
    }

    func createSnapshot(_ call: APICall) async throws -> Response {
        let query = try call.query("project")
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(SnapshotRequest.self, body)
        let instance = try instanceKey(request.instance, project: try query.name("project") ?? ClusterState.defaultProject)
        return try await changeSnapshot(
            call, body: body, status: 201,
            .createSnapshot(.init(id: .random(), operation: .random(), name: request.name, instance: instance, quiesce: request.quiesce ?? true)))
    }

    func deleteSnapshot(_ call: APICall) async throws -> Response {
        let key = try snapshotKey(call.parameters[0], try call.query("project"))
        return try await changeSnapshot(call, body: try await noBody(call), .deleteSnapshot(key, .random()))
    }

    func restoreSnapshot(_ call: APICall) async throws -> Response {
        let key = try snapshotKey(call.parameters[0], try call.query("project"))
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(RestoreRequest.self, body, optional: true)
        return try await changeSnapshot(call, body: body, .restore(key, .random(), restart: request.restart ?? false))
    }

    func exportSnapshot(_ call: APICall) async throws -> Response {
        let key = try snapshotKey(call.parameters[0], try call.query("project"))
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(ExportRequest.self, body)
        return try await changeSnapshot(call, body: body, .export(key, image: request.image, .random()))
    }

    func cloneSnapshot(_ call: APICall) async throws -> Response {
        let key = try snapshotKey(call.parameters[0], try call.query("project"))
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(CloneRequest.self, body, optional: true)
        let clone = StorageCommand.NewClone(
            snapshot: key, instance: .random(), operation: .random(), name: request.name, size: request.size)
        return try await change(call, body: body, status: 201, .storage(.clone(clone))) { answer in
            guard case .launched(let launched) = answer else { return nil }
            return LaunchAnswer(instances: launched.instances, operations: launched.operations)
        }
    }

    private func changeSnapshot(_ call: APICall, body: Data, status: Int = 200, _ command: StorageCommand) async throws(ErrorBody) -> Response {
        try await change(call, body: body, status: status, .storage(command)) { answer in
            guard case .snapshot(let snapshot, let operation) = answer else { return nil }
            return SnapshotAnswer(snapshot: snapshot, operation: operation)
        }
    }
}
