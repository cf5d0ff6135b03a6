import ClusterModel
import ControllerDecisions

/// Ids or names in paths: what is an id of something is that, anything else is a name.
extension Controller {
    func instanceKey(_ call: APICall, _ query: Query) throws(ErrorBody) -> InstanceKey {
        let text = call.parameters[0]
        if let id = InstanceID(text), view.look({ $0.instances[id] != nil }) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id = InstanceID(text) { return .id(id) }
            throw invalid(text, "an instance")
        }
        return .name(ProjectName(project: try query.name("project") ?? ClusterState.defaultProject, name: name))
    }

    func nodeKey(_ text: String) throws(ErrorBody) -> NodeKey {
        if let id = NodeID(text), view.look({ $0.nodes[id] != nil }) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id = NodeID(text) { return .id(id) }
            throw invalid(text, "a node")
        }
        return .name(name)
    }

    func imageKey(_ text: String) throws(ErrorBody) -> ImageKey {
        if let id = ImageID(text), view.look({ $0.images[id] != nil }) { return .id(id) }
        guard let name = try? Name(text) else {
            if let id = ImageID(text) { return .id(id) }
            throw invalid(text, "an image")
        }
        return .name(name)
    }

    func nodeID(_ text: String) throws(ErrorBody) -> NodeID {
        guard let id = NodeID(text) else { throw invalid(text, "a node", only: "an id") }
        return id
    }

    func operationID(_ text: String) throws(ErrorBody) -> OperationID {
        guard let id = OperationID(text) else { throw invalid(text, "an operation", only: "an id") }
        return id
    }

    func streamID(_ text: String) throws(ErrorBody) -> StreamID {
        guard let id = StreamID(text) else { throw invalid(text, "a stream", only: "an id") }
        return id
    }

    private func invalid(_ text: String, _ thing: String, only: String = "an id or a name") -> ErrorBody {
        ErrorBody(code: .invalid, message: "“\(Printable(text, limit: 40))” can't be \(thing): expected \(only).")
    }
}
