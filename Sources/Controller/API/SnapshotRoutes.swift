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
        let instance = query["instance"]
        return try list(
            call, query, view.snapshots,
            matching: { snapshot in
                call.sees(snapshot.project) && (name == nil || snapshot.name == name)
                    && (instance == nil || snapshot.instanceName.text == instance || snapshot.instance.description == instance?.lowercased())
            }, edit: { if case .snapshot(let edit) = $0 { edit } else { nil } }, id: { $0.id.description }, item: { $0 })
    }

    func showSnapshot(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let key = try snapshotKey(call)
        return try .json(try view.read { state throws(ErrorBody) in try state.find(key) })
    }

    func createSnapshot(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(SnapshotRequest.self, body)
        let instance = try instanceKey(call, request.instance)
        // Its id may be that of one in another project, where the caller only looks on.
        try demand(.use, in: try view.read { state throws(ErrorBody) in try state.find(instance).instance.project }, call)
        return try await changeSnapshot(
            call, body: body, status: 201,
            .createSnapshot(.init(id: .random(), operation: .random(), name: request.name, instance: instance, quiesce: request.quiesce ?? true)))
    }

    func deleteSnapshot(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try snapshotKey(call)
        return try await changeSnapshot(call, body: try await noBody(call), .deleteSnapshot(key, .random()))
    }

    func restoreSnapshot(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try snapshotKey(call)
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(RestoreRequest.self, body, optional: true)
        return try await changeSnapshot(call, body: body, .restore(key, .random(), restart: request.restart ?? false))
    }

    func exportSnapshot(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try snapshotKey(call)
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(ExportRequest.self, body)
        return try await changeSnapshot(call, body: body, .export(key, image: request.image, .random()))
    }

    func cloneSnapshot(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try snapshotKey(call)
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(CloneRequest.self, body, optional: true)
        let clone = StorageCommand.NewClone(
            snapshot: key, instance: .random(), operation: .random(), name: request.name, size: request.size)
        return try await change(call, body: body, status: 201, .storage(.clone(clone))) { answer in
            guard case .launched(let launched) = answer else { return nil }
            return LaunchAnswer(instances: launched.instances, operations: launched.operations)
        }
    }

    /// From the snapshot's node: the bytes of the image that it is to become. Name and project are those that were asked for.
    func takeExport(_ call: APICall) async throws -> Response {
        let query = try call.query("architecture")
        guard let instance = InstanceID(call.parameters[0]), let snapshot = SnapshotID(call.parameters[1]) else {
            throw ErrorBody(code: .notFound, message: "There can be no such snapshot: expected are two ids.")
        }
        let order = view.look { state -> (Name, Name)? in
            guard let record = state.instances[instance]?.value else { return nil }
            return record.storage?.snapshots.first { $0.id == snapshot }?.export.map { ($0.image, record.instance.project) }
        }
        guard let order else { throw ErrorBody(code: .conflict, message: "Nobody has asked for an image of snapshot \(snapshot).") }
        let claim = ImageClaim(name: order.0, format: .qcow2, architecture: try query.word("architecture", Architecture.self) ?? .x86_64)
        let intake = try await images.receive(call.request.body)
        let received = try await images.keep(intake, format: claim.format, expecting: nil) { flattened(from: $0) }
        defer { images.settled(received.digest) }
        guard case .image(let image) = try await writer.submit(.putImage(claim.image(received, of: order.1)), audit: AuditDraft(call)) else {
            throw ErrorBody(code: .internal, message: "The ledger answered something else than was asked.")
        }
        return try .json(image, status: 201)
    }

    private func changeSnapshot(_ call: APICall, body: Data, status: Int = 200, _ command: StorageCommand) async throws(ErrorBody) -> Response {
        try await change(call, body: body, status: status, .storage(command)) { answer in
            guard case .snapshot(let snapshot, let operation) = answer else { return nil }
            return SnapshotAnswer(snapshot: snapshot, operation: operation)
        }
    }
}
