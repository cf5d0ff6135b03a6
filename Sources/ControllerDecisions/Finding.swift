import ClusterModel

/// Finding what a person named, or saying clearly that it is not there.
extension ClusterState {
    package func find(_ key: InstanceKey) throws(ErrorBody) -> InstanceRecord {
        switch key {
        case .id(let id):
            guard let row = instances[id] else { throw ErrorBody(code: .notFound, message: "There is no instance with the id \(id).") }
            return row.value
        case .name(let name):
            guard let id = instanceNames[name], let row = instances[id] else {
                throw ErrorBody(code: .notFound, message: "There is no instance “\(name.name)” in project “\(name.project)”.")
            }
            return row.value
        }
    }

    package func find(_ key: NodeKey) throws(ErrorBody) -> Node {
        switch key {
        case .id(let id):
            guard let row = nodes[id] else { throw ErrorBody(code: .notFound, message: "There is no node with the id \(id).") }
            return row.value
        case .name(let name):
            guard let id = nodeNames[name], let row = nodes[id] else {
                throw ErrorBody(code: .notFound, message: "There is no node “\(name)”.")
            }
            return row.value
        }
    }

    package func find(_ key: ImageKey) throws(ErrorBody) -> Image {
        switch key {
        case .id(let id):
            guard let row = images[id] else { throw ErrorBody(code: .notFound, message: "There is no image with the id \(id).") }
            return row.value
        case .name(let name, let project):
            guard let id = image(named: name, in: project), let row = images[id] else {
                throw ErrorBody(code: .notFound, message: "There is no image “\(name)”; import one with “berth image import”.")
            }
            return row.value
        }
    }
}

extension ClusterState {
    /// The project's own comes before everybody's.
    package func image(named name: Name, in project: Name) -> ImageID? {
        imageNames[ImageName(project: project, name: name)] ?? imageNames[ImageName(project: nil, name: name)]
    }

    /// Also where the subject went in the step that notes it.
    func project(of subject: Event.Subject) -> Name? {
        switch subject {
        case .instance(let id, _):
            if let record = instances[id]?.value { return record.instance.project }
            for change in effects.changes.reversed() {
                if case .instance(let edit) = change.change, let before = edit.before?.value, before.id == id { return before.instance.project }
            }
            return nil
        case .volume(let id, _):
            if let record = storage.volumes[id]?.value { return record.volume.project }
            for change in effects.changes.reversed() {
                if case .volume(let edit) = change.change, let before = edit.before?.value, before.id == id { return before.volume.project }
            }
            return nil
        case .snapshot(let id, _):
            if let snapshot = storage.snapshots[id]?.value { return snapshot.project }
            for change in effects.changes.reversed() {
                if case .snapshot(let edit) = change.change, let before = edit.before?.value, before.id == id { return before.project }
            }
            return nil
        case .project(let name): return name
        case .account(let name): return name.project
        case .cluster, .node, .image, .size, .key: return nil
        }
    }
}

extension ErrorBody {
    static func conflict(_ message: String) -> Self { Self(code: .conflict, message: message) }
    static func invalid(_ message: String) -> Self { Self(code: .invalid, message: message) }
    static func tooMany(_ message: String) -> Self { Self(code: .tooManyRequests, message: message) }
}
