/// Something that happened, for people and for `events -w`. Numbered by the ledger's revision and a position in it.
package struct Event: Hashable, Sendable, Codable {
    package enum Level: String, Hashable, Sendable, Codable { case info, warning, error }

    package var revision: Int64
    package var index: Int
    package var at: Timestamp
    package var level: Level
    /// A stable word for scripts: "InstanceRunning", "NodeSuspect", "PlacementFailed".
    package var reason: String
    package var subject: Subject
    /// Whose it is; nil for what is the cluster's.
    package var project: Name?
    package var message: String

    package enum Subject: Hashable, Sendable {
        case cluster
        case node(NodeID, name: Name)
        case instance(InstanceID, name: Name)
        case image(Name)
        case size(Name)
        case key(Name)
        case volume(VolumeID, name: Name)
        case snapshot(SnapshotID, name: Name)
        case project(Name)
        case account(AccountName)
    }

    package init(
        revision: Int64, index: Int, at: Timestamp, level: Level, reason: String, subject: Subject, project: Name? = nil, message: String
    ) {
        self.revision = revision
        self.index = index
        self.at = at
        self.level = level
        self.reason = reason
        self.subject = subject
        self.project = project
        self.message = message
    }
}

/// On the wire `{"kind": "node", "id": "…", "name": "n1"}`.
extension Event.Subject: Codable {
    private enum CodingKeys: String, CodingKey { case kind, id, name }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .cluster: try fields.encode("cluster", forKey: .kind)
        case .node(let id, let name):
            try fields.encode("node", forKey: .kind)
            try fields.encode(id, forKey: .id)
            try fields.encode(name, forKey: .name)
        case .instance(let id, let name):
            try fields.encode("instance", forKey: .kind)
            try fields.encode(id, forKey: .id)
            try fields.encode(name, forKey: .name)
        case .image(let name):
            try fields.encode("image", forKey: .kind)
            try fields.encode(name, forKey: .name)
        case .size(let name):
            try fields.encode("size", forKey: .kind)
            try fields.encode(name, forKey: .name)
        case .key(let name):
            try fields.encode("key", forKey: .kind)
            try fields.encode(name, forKey: .name)
        case .volume(let id, let name):
            try fields.encode("volume", forKey: .kind)
            try fields.encode(id, forKey: .id)
            try fields.encode(name, forKey: .name)
        case .snapshot(let id, let name):
            try fields.encode("snapshot", forKey: .kind)
            try fields.encode(id, forKey: .id)
            try fields.encode(name, forKey: .name)
        case .project(let name):
            try fields.encode("project", forKey: .kind)
            try fields.encode(name, forKey: .name)
        case .account(let name):
            try fields.encode("account", forKey: .kind)
            try fields.encode(name, forKey: .name)
        }
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        switch try fields.decode(String.self, forKey: .kind) {
        case "cluster": self = .cluster
        case "node": self = .node(try fields.decode(NodeID.self, forKey: .id), name: try fields.decode(Name.self, forKey: .name))
        case "instance": self = .instance(try fields.decode(InstanceID.self, forKey: .id), name: try fields.decode(Name.self, forKey: .name))
        case "image": self = .image(try fields.decode(Name.self, forKey: .name))
        case "size": self = .size(try fields.decode(Name.self, forKey: .name))
        case "key": self = .key(try fields.decode(Name.self, forKey: .name))
        case "volume": self = .volume(try fields.decode(VolumeID.self, forKey: .id), name: try fields.decode(Name.self, forKey: .name))
        case "snapshot": self = .snapshot(try fields.decode(SnapshotID.self, forKey: .id), name: try fields.decode(Name.self, forKey: .name))
        case "project": self = .project(try fields.decode(Name.self, forKey: .name))
        case "account": self = .account(try fields.decode(AccountName.self, forKey: .name))
        case let kind:
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: fields, debugDescription: "“\(Printable(kind, limit: 40))” is no kind of event subject.")
        }
    }
}
