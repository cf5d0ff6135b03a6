import ClusterModel

package enum EnrolmentCommand: Sendable {
    case issue(JoinToken)
    case join(Joining)
    case revoke(NodeKey)

    package struct Joining: Sendable {
        /// SHA-256 of the secret that was shown.
        package var token: Digest
        package var node: NodeID
        package var name: Name
        package init(token: Digest, node: NodeID, name: Name) {
            self.token = token
            self.node = node
            self.name = name
        }
    }
}

extension ClusterState {
    mutating func perform(_ command: EnrolmentCommand, at now: Timestamp) throws(ErrorBody) -> Answer {
        switch command {
        case .issue(let token): try issue(token, at: now)
        case .join(let joining): try join(joining, at: now)
        case .revoke(let key): try revoke(key, at: now)
        }
    }

    private mutating func issue(_ token: JoinToken, at now: Timestamp) throws(ErrorBody) -> Answer {
        guard token.expiresAt > now, token.expiresAt <= now.advanced(by: JoinToken.longest) else {
            throw .invalid("ttl: a join token lives for more than nothing and at most \(JoinToken.longest).")
        }
        let rows = enrolment.tokens.values.sorted { $0.key < $1.key }
        for row in rows where row.value.expiresAt.advanced(by: Self.tokensKept) < now { record { _ in .joinToken(Edit(before: row, after: nil)) } }
        guard enrolment.tokens.count < LedgerSettings.Limit.joinTokens else {
            throw .tooMany("There are \(enrolment.tokens.count) join tokens, which is the most there may be; they end within the hour.")
        }
        guard enrolment.tokens[token.digest] == nil else { throw .conflict("This join token exists already.") }
        put(token)
        note(.info, "JoinTokenMade", .cluster, "A join token for node “\(token.node)” was made; it ends at \(token.expiresAt).", at: now)
        return .joinToken(token)
    }

    /// So that late and second uses are told what they are.
    private static let tokensKept = Milliseconds(seconds: 86_400)

    private mutating func join(_ joining: EnrolmentCommand.Joining, at now: Timestamp) throws(ErrorBody) -> Answer {
        var token = try usable(joining, at: now)
        try checkName(of: joining)
        token.use = JoinToken.Use(by: joining.node, at: now)
        put(token)
        // A machine that was set up anew before it ever reported.
        if let other = enrolment.credential(named: joining.name), other.node != joining.node { remove(other) }
        let credential = NodeCredential(node: joining.node, name: joining.name, enrolment: nextRevision, joinedAt: now)
        put(credential)
        note(.info, "NodeEnrolled", .node(joining.node, name: joining.name), "Node “\(joining.name)” was given a certificate.", at: now)
        return .credential(credential)
    }

    private func usable(_ joining: EnrolmentCommand.Joining, at now: Timestamp) throws(ErrorBody) -> JoinToken {
        let remedy = "make another with “berth node token \(joining.name)”."
        guard let token = enrolment.tokens[joining.token]?.value else {
            throw ErrorBody(code: .unauthenticated, message: "This controller knows no such join token; \(remedy)")
        }
        if let use = token.use {
            throw ErrorBody(
                code: .unauthenticated, message: "This join token was used at \(use.at) by the node with the id \(use.by), and serves once; \(remedy)"
            )
        }
        guard now < token.expiresAt else {
            throw ErrorBody(
                code: .unauthenticated,
                message: "This join token ended at \(token.expiresAt), and by the controller's clock it is \(now); \(remedy)")
        }
        guard token.node == joining.name else {
            throw ErrorBody(code: .forbidden, message: "This join token is for another node than “\(joining.name)”; \(remedy)")
        }
        return token
    }

    /// A node keeps its name, and a name its node.
    private func checkName(of joining: EnrolmentCommand.Joining) throws(ErrorBody) {
        if let holder = nodeNames[joining.name], holder != joining.node {
            throw .conflict(
                "The node name “\(joining.name)” belongs to the node with the id \(holder); give this node another name, "
                    + "or remove that one first with “berth node remove \(joining.name)”.")
        }
        let known = nodes[joining.node]?.value.name ?? enrolment.credentials[joining.node]?.value.name
        if let known, known != joining.name {
            throw .conflict("This node joined as “\(known)” and now calls itself “\(joining.name)”; keep the name, or remove the node first.")
        }
    }

    private mutating func revoke(_ key: NodeKey, at now: Timestamp) throws(ErrorBody) -> Answer {
        let found =
            switch key {
            case .id(let id): enrolment.credentials[id]?.value
            case .name(let name): enrolment.credential(named: name)
            }
        guard var credential = found else {
            let node = try find(key)
            throw .conflict("Node “\(node.name)” has no certificate to revoke.")
        }
        guard credential.revokedAt == nil else { return .credential(credential) }
        credential.revokedAt = now
        put(credential)
        note(
            .warning, "NodeRevoked", .node(credential.node, name: credential.name),
            "The certificates of node “\(credential.name)” were revoked; it is heard again when it has joined anew.", at: now)
        return .credential(credential)
    }

    /// With its node.
    mutating func dropCredential(of node: NodeID) {
        if let credential = enrolment.credentials[node]?.value { remove(credential) }
    }

    private mutating func put(_ token: JoinToken) {
        let before = enrolment.tokens[token.digest]
        record { number in .joinToken(Edit(before: before, after: Row(key: before?.key ?? number, value: token))) }
    }

    private mutating func put(_ credential: NodeCredential) {
        let before = enrolment.credentials[credential.node]
        record { number in .credential(Edit(before: before, after: Row(key: before?.key ?? number, value: credential))) }
    }

    private mutating func remove(_ credential: NodeCredential) {
        let before = enrolment.credentials[credential.node]
        record { _ in .credential(Edit(before: before, after: nil)) }
    }
}
