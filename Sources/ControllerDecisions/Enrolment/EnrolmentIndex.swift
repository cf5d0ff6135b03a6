import ClusterModel

/// The join tokens that were made, and the nodes that have joined.
package struct EnrolmentIndex: Sendable {
    package private(set) var tokens: [Digest: Row<JoinToken>] = [:]
    package private(set) var credentials: [NodeID: Row<NodeCredential>] = [:]
    private var names: [Name: NodeID] = [:]

    mutating func apply(_ edit: Edit<JoinToken>) {
        if let before = edit.before { tokens[before.value.digest] = nil }
        if let after = edit.after { tokens[after.value.digest] = after }
    }

    mutating func apply(_ edit: Edit<NodeCredential>) {
        if let before = edit.before?.value {
            credentials[before.node] = nil
            if names[before.name] == before.node { names[before.name] = nil }
        }
        guard let after = edit.after else { return }
        credentials[after.value.node] = after
        names[after.value.name] = after.value.node
    }

    package func credential(named name: Name) -> NodeCredential? { names[name].flatMap { credentials[$0]?.value } }
}
