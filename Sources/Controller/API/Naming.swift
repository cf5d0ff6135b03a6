import ClusterModel
import ControllerDecisions

/// Ids or names in paths: what is an id of something is that, anything else is a name.
extension Controller {
    func instanceKey(_ call: APICall, _ query: Query) throws(ErrorBody) -> InstanceKey {
        try instanceKey(call.parameters[0], project: try query.name("project") ?? ClusterState.defaultProject)
    }

    func instanceKey(_ text: String, project: Name) throws(ErrorBody) -> InstanceKey {
        if let id = InstanceID(text), view.look({ $0.instances[id] != nil }) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id = InstanceID(text) { return .id(id) }
            throw impossible(text, "instance")
        }
        return .name(ProjectName(project: project, name: name))
    }

    func volumeKey(_ text: String, _ query: Query) throws(ErrorBody) -> VolumeKey {
        try volumeKey(text, project: try query.name("project") ?? ClusterState.defaultProject)
    }

    func volumeKey(_ text: String, project: Name) throws(ErrorBody) -> VolumeKey {
        if let id = VolumeID(text), view.look({ $0.storage.volumes[id] != nil }) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id = VolumeID(text) { return .id(id) }
            throw impossible(text, "volume")
        }
        return .name(ProjectName(project: project, name: name))
    }

    func snapshotKey(_ text: String, _ query: Query) throws(ErrorBody) -> SnapshotKey {
        if let id = SnapshotID(text), view.look({ $0.storage.snapshots[id] != nil }) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id = SnapshotID(text) { return .id(id) }
            throw impossible(text, "snapshot")
        }
        return .name(ProjectName(project: try query.name("project") ?? ClusterState.defaultProject, name: name))
    }

    func nodeKey(_ text: String) throws(ErrorBody) -> NodeKey {
        if let id = NodeID(text), view.look({ $0.nodes[id] != nil }) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id = NodeID(text) { return .id(id) }
            throw impossible(text, "node")
        }
        return .name(name)
    }

    func imageKey(_ text: String) throws(ErrorBody) -> ImageKey {
        if let digest = Digest(hex: text),
            let image = view.look({ $0.images.values.first { $0.value.digest == digest || $0.value.sourceDigest == digest } })
        {
            return .id(image.value.id)
        }
        if let id = ImageID(text), view.look({ $0.images[id] != nil }) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id = ImageID(text) { return .id(id) }
            throw impossible(text, "image")
        }
        return .name(name)
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
