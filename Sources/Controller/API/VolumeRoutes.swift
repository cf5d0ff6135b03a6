import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Hummingbird

/// `/v1/volumes`
extension Controller {
    func listVolumes(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["name", "project", "node", "instance"])
        let name = try query.name("name")
        let node = query["node"]
        let instance = query["instance"]
        return try list(
            call, query, view.volumes,
            matching: { record in
                let volume = record.volume
                return call.sees(volume.project) && (name == nil || volume.name == name)
                    && (node == nil || volume.nodeName?.text == node || volume.node?.description == node?.lowercased())
                    && (instance == nil || volume.attachment?.instanceName.text == instance
                        || volume.attachment?.instance.description == instance?.lowercased())
            }, edit: { if case .volume(let edit) = $0 { edit } else { nil } }, id: { $0.id.description }, item: { $0.volume })
    }

    func showVolume(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let key = try volumeKey(call)
        return try .json(try view.read { state throws(ErrorBody) in try state.find(key).volume })
    }

    func createVolume(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(VolumeRequest.self, body)
        let project = try project(of: call, named: request.project)
        let node: NodeKey?
        if let text = request.node { node = try nodeKey(text) } else { node = nil }
        let source: VolumeKey?
        if let text = request.source { source = try volumeKey(call, text) } else { source = nil }
        let volume = StorageCommand.NewVolume(
            id: .random(), name: request.name, project: project, size: request.size, format: request.format, pool: request.pool,
            limits: request.limits ?? IOLimits(), deleteWithInstance: request.deleteWithInstance ?? false, node: node, source: source)
        return try await changeVolume(call, body: body, status: 201, .createVolume(volume))
    }

    func updateVolume(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try volumeKey(call)
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(VolumeUpdateRequest.self, body)
        let update = StorageCommand.VolumeUpdate(size: request.size, limits: request.limits, deleteWithInstance: request.deleteWithInstance)
        return try await changeVolume(call, body: body, .updateVolume(key, update, .random()))
    }

    func deleteVolume(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try volumeKey(call)
        return try await changeVolume(call, body: try await noBody(call), .deleteVolume(key))
    }

    func attachVolume(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try volumeKey(call)
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(AttachRequest.self, body)
        let instance = try instanceKey(call, request.instance)
        return try await changeVolume(call, body: body, .attach(key, instance, .random()))
    }

    func detachVolume(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try volumeKey(call)
        return try await changeVolume(call, body: try await noBody(call), .detach(key, .random()))
    }

    private func changeVolume(_ call: APICall, body: Data, status: Int = 200, _ command: StorageCommand) async throws(ErrorBody) -> Response {
        try await change(call, body: body, status: status, .storage(command)) { answer in
            guard case .volume(let volume, let operation) = answer else { return nil }
            return VolumeAnswer(volume: volume, operation: operation)
        }
    }

    // MARK: Instances

    func resizeInstance(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(ResizeRequest.self, body)
        return try await changeDisks(call, body: body, .resize(key, size: request.size, .random(), restart: request.restart ?? false))
    }

    func rebuildInstance(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(RebuildRequest.self, body, optional: true)
        return try await changeDisks(call, body: body, .rebuild(key, image: request.image, .random()))
    }

    private func changeDisks(_ call: APICall, body: Data, _ command: StorageCommand) async throws(ErrorBody) -> Response {
        try await change(call, body: body, .storage(command)) { answer in
            guard case .instance(let instance, let operation) = answer else { return nil }
            return InstanceAnswer(instance: instance, operation: operation)
        }
    }
}
