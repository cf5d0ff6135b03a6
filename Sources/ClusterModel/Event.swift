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
    package var message: String

    package enum Subject: Hashable, Sendable, Codable {
        case cluster
        case node(NodeID, name: Name)
        case instance(InstanceID, name: Name)
        case image(Name)
        case size(Name)
    }

    package init(revision: Int64, index: Int, at: Timestamp, level: Level, reason: String, subject: Subject, message: String) {
        self.revision = revision
        self.index = index
        self.at = at
        self.level = level
        self.reason = reason
        self.subject = subject
        self.message = message
    }
}
