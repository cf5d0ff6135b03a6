import ClusterModel
import ControllerDecisions

/// Ids or names in paths: what is an id of something is that, anything else is a name.
extension Controller {
    func instanceKey(_ call: APICall) throws(ErrorBody) -> InstanceKey { try instanceKey(call.parameters[0], call) }

    /// What the caller does not see is looked for as a name, and not found.
    func instanceKey(_ text: String, _ call: APICall) throws(ErrorBody) -> InstanceKey {
        let id = InstanceID(text)
        if let id, let project = view.look({ $0.instances[id]?.value.instance.project }), call.sees(project) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id { throw ErrorBody(code: .notFound, message: "There is no instance with the id \(id).") }
            throw impossible(text, "instance")
        }
        return .name(ProjectName(project: try namedProject(call), name: name))
    }

    func volumeKey(_ text: String, _ call: APICall) throws(ErrorBody) -> VolumeKey {
        let id = VolumeID(text)
        if let id, let project = view.look({ $0.storage.volumes[id]?.value.volume.project }), call.sees(project) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id { throw ErrorBody(code: .notFound, message: "There is no volume with the id \(id).") }
            throw impossible(text, "volume")
        }
        return .name(ProjectName(project: try namedProject(call), name: name))
    }

    func snapshotKey(_ text: String, _ call: APICall) throws(ErrorBody) -> SnapshotKey {
        let id = SnapshotID(text)
        if let id, let project = view.look({ $0.storage.snapshots[id]?.value.project }), call.sees(project) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id { throw ErrorBody(code: .notFound, message: "There is no snapshot with the id \(id).") }
            throw impossible(text, "snapshot")
        }
        return .name(ProjectName(project: try namedProject(call), name: name))
    }

    func nodeKey(_ text: String) throws(ErrorBody) -> NodeKey {
        if let id = NodeID(text), view.look({ $0.nodes[id] != nil }) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id = NodeID(text) { return .id(id) }
            throw impossible(text, "node")
        }
        return .name(name)
    }

    func imageKey(_ call: APICall, _ text: String) throws(ErrorBody) -> ImageKey {
        if let digest = Digest(hex: text),
            let image = view.look({ state in
                state.images.values.first { ($0.value.digest == digest || $0.value.sourceDigest == digest) && call.sees($0.value) }
            })
        {
            return .id(image.value.id)
        }
        let id = ImageID(text)
        if let id, let image = view.look({ $0.images[id]?.value }), call.sees(image) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id { throw ErrorBody(code: .notFound, message: "There is no image with the id \(id).") }
            throw impossible(text, "image")
        }
        return .name(name, in: try namedProject(call))
    }

    /// For agents, who know images by their digests, whosever they are.
    func imageContentKey(_ text: String) throws(ErrorBody) -> ImageKey {
        if let digest = Digest(hex: text),
            let image = view.look({ $0.images.values.first { $0.value.digest == digest || $0.value.sourceDigest == digest } })
        {
            return .id(image.value.id)
        }
        if let id = ImageID(text) { return .id(id) }
        guard let name = try? Name(text) else { throw impossible(text, "image") }
        return .name(name, in: Project.first)
    }

    func nodeID(_ text: String) throws(ErrorBody) -> NodeID {
        guard let id = NodeID(text) else { throw impossible(text, "node", only: "an id") }
        return id
    }

    func operationID(_ text: String) throws(ErrorBody) -> OperationID {
        guard let id = OperationID(text) else { throw impossible(text, "operation", only: "an id") }
        return id
    }

    func streamID(_ text: String) throws(ErrorBody) -> StreamID {
        guard let id = StreamID(text) else { throw impossible(text, "stream", only: "an id") }
        return id
    }

    /// What can be nobody's id or name is simply not there.
    private func impossible(_ text: String, _ thing: String, only: String = "an id or a name") -> ErrorBody {
        ErrorBody(code: .notFound, message: "There can be no \(thing) “\(Printable(text, limit: 40))”: expected is \(only).")
    }
}

extension APICall {
    /// Everybody's, or one of a project that is seen.
    func sees(_ image: Image) -> Bool { image.project.map { sees($0) } ?? true }
}
