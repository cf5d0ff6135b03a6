import ClusterModel

package enum EventTable {
    package static var presentation: Presentation<Event> {
        Presentation(
            columns: [
                Column("AT") { $0.at.description },
                Column("LEVEL") { $0.level.rawValue },
                Column("REASON") { $0.reason },
                Column("SUBJECT") { subject($0.subject) },
                Column("MESSAGE") { $0.message },
                Column("REVISION", .right, wide: true) { "\($0.revision).\($0.index)" },
            ], name: { "\($0.revision).\($0.index)" })
    }

    /// One line of a watch, whose columns can't know what comes.
    package static func line(_ event: Event) -> String {
        func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
        let reason = Printable(event.reason, limit: 60).description
        let message = Printable(event.message, limit: 1000).description
        return "\(event.at)  \(padded(event.level.rawValue, 7))  \(padded(reason, 20))  \(padded(subject(event.subject), 20))  \(message)\n"
    }

    private static func subject(_ subject: Event.Subject) -> String {
        switch subject {
        case .cluster: "cluster"
        case .node(_, let name): "node/\(name)"
        case .instance(_, let name): "instance/\(name)"
        case .image(let name): "image/\(name)"
        case .size(let name): "size/\(name)"
        case .key(let name): "key/\(name)"
        case .volume(_, let name): "volume/\(name)"
        case .snapshot(_, let name): "snapshot/\(name)"
        case .project(let name): "project/\(name)"
        case .account(let name): "account/\(name)"
        }
    }
}
