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
        case .name(let name):
            guard let id = imageNames[name], let row = images[id] else {
                throw ErrorBody(code: .notFound, message: "There is no image “\(name)”; import one with “berth image import”.")
            }
            return row.value
        }
    }
}

extension ErrorBody {
    static func conflict(_ message: String) -> Self { Self(code: .conflict, message: message) }
    static func invalid(_ message: String) -> Self { Self(code: .invalid, message: message) }
    static func tooMany(_ message: String) -> Self { Self(code: .tooManyRequests, message: message) }
}
