import ClusterModel
import FoundationEssentials

extension APIClient {
    package func whoami() async throws -> WhoAmI { try await get(.whoami, Route.whoami.path()) }

    package func projects() -> PagedList<Project> { PagedList(client: self, route: .listProjects, query: [:]) }
    package func project(_ name: Name) async throws -> Project { try await get(.showProject, Route.showProject.path(name.text)) }
    package func create(_ request: ProjectRequest) async throws -> Project {
        try await change(.createProject, Route.createProject.path(), body: request)
    }
    package func delete(project: Name) async throws { try await changeIgnoringAnswer(.deleteProject, Route.deleteProject.path(project.text)) }
    package func quota(of project: Name) async throws -> QuotaView { try await get(.showQuota, Route.showQuota.path(project.text)) }
    package func setQuota(of project: Name, _ request: QuotaRequest) async throws -> QuotaView {
        try await change(.setQuota, Route.setQuota.path(project.text), body: request)
    }

    package func users() -> PagedList<Account> { PagedList(client: self, route: .listUsers, query: [:]) }
    package func createUser(_ name: Name) async throws -> Account {
        try await change(.createUser, Route.createUser.path(), body: AccountRequest(name: name))
    }
    package func delete(user: Name) async throws { try await changeIgnoringAnswer(.deleteUser, Route.deleteUser.path(user.text)) }

    package func serviceAccounts() -> PagedList<Account> { PagedList(client: self, route: .listServiceAccounts, query: [:]) }
    package func createServiceAccount(_ name: Name) async throws -> Account {
        try await change(.createServiceAccount, Route.createServiceAccount.path(), body: AccountRequest(name: name))
    }
    package func delete(serviceAccount: Name) async throws {
        try await changeIgnoringAnswer(.deleteServiceAccount, Route.deleteServiceAccount.path(serviceAccount.text))
    }

    package func grants() -> PagedList<GrantRequest> { PagedList(client: self, route: .listGrants, query: [:]) }
    package func grant(_ request: GrantRequest) async throws -> Account { try await change(.grantRole, Route.grantRole.path(), body: request) }
    package func revoke(_ request: GrantRequest) async throws -> Account { try await change(.revokeRole, Route.revokeRole.path(), body: request) }

    package func tokens() -> PagedList<AccessToken> { PagedList(client: self, route: .listTokens, query: [:]) }
    /// Sent once and without an idempotency key: the answer holds a secret, which is kept nowhere to be given again.
    package func createToken(_ body: TokenRequest) async throws -> TokenAnswer {
        var request = request(.createToken, Route.createToken.path())
        request.body = .bytes(try WireJSON.encode(body))
        return try await decoded(once(request))
    }
    package func revoke(token: TokenID) async throws { try await changeIgnoringAnswer(.revokeToken, Route.revokeToken.path(token.description)) }

    /// Of the latest entries, those that match; nil is any.
    package func audit(last: Int, actor: String?, verb: String?, object: String?) -> PagedList<AuditEntry> {
        PagedList(client: self, route: .listAudit, query: ["last": "\(last)", "actor": actor, "verb": verb, "object": object])
    }
    /// `expecting` is a head that was noted before.
    package func verifyAudit(expecting: String?) async throws -> AuditVerification {
        try await get(.verifyAudit, Route.verifyAudit.path(), ["expect": expecting], timeout: .seconds(120))
    }
}
