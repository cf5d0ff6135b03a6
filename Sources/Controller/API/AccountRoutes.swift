import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Hummingbird

/// `/v1/users`, `/v1/service-accounts`, `/v1/grants` and `/v1/whoami`
extension Controller {
    func whoami(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let caller = call.caller
        var token = caller.session?.token
        token?.lastUsedAt = caller.session?.lastUsed
        return try .json(WhoAmI(account: caller.actor, grants: caller.rights.grants, project: caller.rights.home, token: token))
    }

    // MARK: Users

    func listUsers(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["name"])
        let name = try query.name("name")
        return try listAccounts(call, query) { $0.name.project == nil && (name == nil || $0.name.name == name) }
    }

    func createUser(_ call: APICall) async throws -> Response {
        _ = try call.query()
        return try await createAccount(call, in: nil)
    }

    func deleteUser(_ call: APICall) async throws -> Response {
        _ = try call.query()
        return try await deleteAccount(call, in: nil)
    }

    // MARK: Service accounts

    func listServiceAccounts(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["name"])
        let name = try query.name("name")
        return try listAccounts(call, query) { $0.name.project.map { call.sees($0) } ?? false && (name == nil || $0.name.name == name) }
    }

    func createServiceAccount(_ call: APICall) async throws -> Response {
        _ = try call.query()
        return try await createAccount(call, in: call.project)
    }

    func deleteServiceAccount(_ call: APICall) async throws -> Response {
        _ = try call.query()
        return try await deleteAccount(call, in: call.project)
    }

    private func listAccounts(_ call: APICall, _ query: Query, _ matching: @escaping @Sendable (Account) -> Bool) throws(ErrorBody) -> Response {
        try list(
            call, query, listed(\.accounts), matching: matching, edit: { if case .access(.account(let edit)) = $0 { edit } else { nil } },
            id: { $0.name.description }, item: { $0 })
    }

    private func createAccount(_ call: APICall, in project: Name?) async throws(ErrorBody) -> Response {
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(AccountRequest.self, body)
        let account = Account(name: AccountName(project: project, name: request.name), createdAt: .now)
        return try await change(call, body: body, status: 201, .access(.createAccount(account)), Self.account)
    }

    private func deleteAccount(_ call: APICall, in project: Name?) async throws(ErrorBody) -> Response {
        let name: Name
        do { name = try Name(call.parameters[0]) } catch { throw ErrorBody(code: .notFound, message: error.description) }
        let command = AccessCommand.deleteAccount(AccountName(project: project, name: name))
        return try await change(call, body: try await noBody(call), .access(command), Self.account)
    }

    @Sendable private static func account(_ answer: Answer) -> (any Encodable & Sendable)? {
        if case .access(.account(let account)) = answer { account } else { nil }
    }

    // MARK: Roles

    /// Who holds which role: of the projects that the caller manages, and of the cluster for who administers it.
    func listGrants(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: ["limit", "continue", "account"])
        let (limit, after) = try Self.page(query)
        let account = query["account"]
        let accounts = listed(\.accounts)
        let all = accounts.rows.flatMap { row in
            row.value.grants.filter { grant in
                grant.project.map { call.sees($0) } ?? (call.caller.may(.administer) && call.asked == nil)
            }.map { GrantRequest(account: row.value.name, role: $0.role, project: $0.project) }
        }.filter { account == nil || $0.account.description == account }
        let from = min(Int(clamping: after), all.count)
        let items = Array(all[from...].prefix(limit))
        let next = from + items.count
        return try .json(Page(items: items, revision: accounts.revision, continue: next < all.count ? "\(next)" : nil))
    }

    func grantRole(_ call: APICall) async throws -> Response { try await changeGrant(call) { .grant($0, $1) } }

    func revokeRole(_ call: APICall) async throws -> Response { try await changeGrant(call) { .revoke($0, $1) } }

    /// Who manages a project says who works in it; the roles of the cluster are an admin's.
    private func changeGrant(_ call: APICall, _ command: (AccountName, RoleGrant) -> AccessCommand) async throws(ErrorBody) -> Response {
        _ = try call.query()
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(GrantRequest.self, body)
        if let project = request.project {
            try demand(.manage, in: project, call)
        } else if !call.caller.may(.administer) {
            throw Self.forbidden(call.caller, .administer)
        }
        let grant = RoleGrant(role: request.role, project: request.project)
        return try await change(call, body: body, .access(command(request.account, grant)), Self.account)
    }
}
