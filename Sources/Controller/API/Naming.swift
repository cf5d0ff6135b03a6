import ClusterModel
import ControllerDecisions

/// Ids or names in paths: what is an id of something is that, anything else is a name.
extension Controller {
    func instanceKey(_ call: APICall) throws(ErrorBody) -> InstanceKey { try instanceKey(call, call.parameters[0]) }

    func instanceKey(_ call: APICall, _ text: String) throws(ErrorBody) -> InstanceKey {
        let id = InstanceID(text)
        if let id, let project = view.look({ $0.instances[id]?.value.instance.project }), call.sees(project) { return .id(id) }
        return .name(
            try named(text, "instance", id?.description, call) { name in
                (try? view.read { state throws(ErrorBody) in try state.find(InstanceKey.name(name)) }) != nil
            })
    }

    func volumeKey(_ call: APICall) throws(ErrorBody) -> VolumeKey { try volumeKey(call, call.parameters[0]) }

    func volumeKey(_ call: APICall, _ text: String) throws(ErrorBody) -> VolumeKey {
        let id = VolumeID(text)
        if let id, let project = view.look({ $0.storage.volumes[id]?.value.volume.project }), call.sees(project) { return .id(id) }
        return .name(
            try named(text, "volume", id?.description, call) { name in
                (try? view.read { state throws(ErrorBody) in try state.find(VolumeKey.name(name)) }) != nil
            })
    }

    func snapshotKey(_ call: APICall) throws(ErrorBody) -> SnapshotKey {
        let text = call.parameters[0]
        let id = SnapshotID(text)
        if let id, let project = view.look({ $0.storage.snapshots[id]?.value.project }), call.sees(project) { return .id(id) }
        return .name(
            try named(text, "snapshot", id?.description, call) { name in
                (try? view.read { state throws(ErrorBody) in try state.find(SnapshotKey.name(name)) }) != nil
            })
    }

    /// Some ids are names too. One that another project's thing has must not be told from one that nothing has.
    private func named(
        _ text: String, _ kind: String, _ id: String?, _ call: APICall, exists: (ProjectName) -> Bool
    ) throws(ErrorBody) -> ProjectName {
        let name = try? Name(text)
        guard let id else {
            guard let name else { throw impossible(text, kind) }
            return ProjectName(project: try namedProject(call), name: name)
        }
        if let name, let project = try? namedProject(call), exists(ProjectName(project: project, name: name)) {
            return ProjectName(project: project, name: name)
        }
        throw ErrorBody(code: .notFound, message: "There is no \(kind) with the id \(id).")
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
        let key = try named(text, "image", id?.description, call) { name in
            view.look { $0.image(named: name.name, in: name.project) } != nil
        }
        return .name(key.name, in: key.project)
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
