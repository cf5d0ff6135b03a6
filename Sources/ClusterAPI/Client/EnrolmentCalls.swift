import ClusterModel
import FoundationEssentials

extension APIClient {
    package func authority() async throws -> AuthorityAnswer { try await get(.showAuthority, Route.showAuthority.path()) }
    package func createJoinToken(_ request: JoinTokenRequest) async throws -> JoinTokenAnswer {
        try await change(.createJoinToken, Route.createJoinToken.path(), body: request)
    }
    /// Once: a token whose use was not answered is used all the same.
    package func join(_ joining: JoinRequest) async throws -> CertificateAnswer {
        var request = request(.joinNode, Route.joinNode.path())
        request.body = .bytes(try WireJSON.encode(joining))
        return try decoded(try await once(request))
    }
    package func renewCertificate(of node: NodeID, _ body: RenewRequest) async throws -> CertificateAnswer {
        try await change(.renewCertificate, Route.renewCertificate.path(node.description), body: body)
    }
    package func revoke(node: String) async throws -> RevokedNode { try await change(.revokeNode, Route.revokeNode.path(node)) }
}
