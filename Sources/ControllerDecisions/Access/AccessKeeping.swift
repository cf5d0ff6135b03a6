import ClusterModel

/// Projects, accounts, roles and tokens as the ledger keeps them.
extension ClusterState {
    mutating func perform(_ command: AccessCommand, at now: Timestamp) throws(ErrorBody) -> Answer {
        switch command {
        case .createProject(let project): .access(.project(try createProject(project, at: now)))
        case .deleteProject(let name): .access(.project(try deleteProject(name, at: now)))
        case .setQuota(let name, let limits, let unlimited): .access(.project(try setQuota(name, limits, unlimited, at: now)))
        case .createAccount(let account): .access(.account(try createAccount(account, at: now)))
        case .deleteAccount(let name): .access(.account(try deleteAccount(name, at: now)))
        case .grant(let name, let grant): .access(.account(try self.grant(name, grant, at: now)))
        case .revoke(let name, let grant): .access(.account(try revoke(name, grant, at: now)))
        case .createToken(let kept): .access(.token(try createToken(kept, at: now)))
        case .revokeToken(let id): .access(.token(try revokeToken(id, at: now)))
        case .tokensUsed(let uses): tokensUsed(uses, at: now)
        }
    }

    // MARK: Projects

    private mutating func createProject(_ project: Project, at now: Timestamp) throws(ErrorBody) -> Project {
        guard access.projects[project.name] == nil else { throw .conflict("A project “\(project.name)” exists already.") }
        guard access.projects.count < LedgerSettings.Limit.projects else {
            throw .tooMany("There are \(access.projects.count) projects, which is the most there may be.")
        }
        try check(project.quota)
        put(project)
        note(.info, "ProjectCreated", .project(project.name), "Project “\(project.name)” was created.", at: now)
        return project
    }

    private mutating func setQuota(
        _ name: Name, _ limits: Quota, _ unlimited: [Quota.Resource], at now: Timestamp
    ) throws(ErrorBody) -> Project {
        try checkProject(name)
        try check(limits)
        var project = access.projects[name]?.value ?? Project(name: name, createdAt: now)
        for resource in Quota.Resource.allCases {
            if let limit = limits[resource] {
                guard !unlimited.contains(resource) else {
                    throw .invalid("unlimited: \(resource.rawValue) is given a limit and none at once.")
                }
                project.quota[resource] = limit
            } else if unlimited.contains(resource) {
                project.quota[resource] = nil
            }
        }
        guard project != access.projects[name]?.value else { return project }
        put(project)
        note(.info, "QuotaSet", .project(name), "The quota of project “\(name)” was set.", at: now)
        return project
    }

    private func check(_ quota: Quota) throws(ErrorBody) {
        for resource in Quota.Resource.allCases {
            guard let limit = quota[resource], !(0...Resources.maximumAmount).contains(limit) else { continue }
            throw .invalid("quota.\(resource.rawValue): \(limit) is out of range: 0 to \(Resources.maximumAmount) is allowed.")
        }
    }

    /// With the service accounts and roles in it; what it holds beside them must be gone first.
    private mutating func deleteProject(_ name: Name, at now: Timestamp) throws(ErrorBody) -> Project {
        guard name != Project.first else { throw .conflict("The project “\(name)” is always there; only others can be deleted.") }
        guard let project = access.projects[name]?.value else { throw .noProject(name) }
        let used = usage[name]
        let holds = [
            (used.instances, "instance"), (used.volumes, "volume"), (used.snapshots, "snapshot"), (used.images, "image"),
            (Int64(keys.values.count { $0.value.project == name }), "key"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
        guard holds.isEmpty else { throw .conflict("Project “\(name)” still holds \(holds.joined(separator: ", ")); delete them first.") }
        for account in access.accounts.values.map(\.value).sorted(by: { $0.name < $1.name }) {
            if account.name.project == name {
                removeAccount(account)
            } else if account.grants.contains(where: { $0.project == name }) {
                var account = account
                account.grants.removeAll { $0.project == name }
                put(account)
            }
        }
        remove(project)
        note(.info, "ProjectDeleted", .project(name), "Project “\(name)” was deleted.", at: now)
        return project
    }

    // MARK: Accounts and roles

    private mutating func createAccount(_ account: Account, at now: Timestamp) throws(ErrorBody) -> Account {
        if let project = account.name.project { try checkProject(project) }
        guard access.accounts[account.name] == nil else { throw .conflict("An account “\(account.name)” exists already.") }
        guard access.accounts.count < LedgerSettings.Limit.accounts else {
            throw .tooMany("There are \(access.accounts.count) accounts, which is the most there may be.")
        }
        put(account)
        note(.info, "AccountCreated", .account(account.name), "Account “\(account.name)” was created.", at: now)
        return account
    }

    private mutating func deleteAccount(_ name: AccountName, at now: Timestamp) throws(ErrorBody) -> Account {
        let account = try find(name)
        try checkAdminIsLeft(without: account)
        removeAccount(account)
        note(.info, "AccountDeleted", .account(name), "Account “\(name)” was deleted with its tokens.", at: now)
        return account
    }

    private mutating func removeAccount(_ account: Account) {
        for token in access.tokens(of: account.name) { remove(token) }
        remove(account)
    }

    private mutating func grant(_ name: AccountName, _ grant: RoleGrant, at now: Timestamp) throws(ErrorBody) -> Account {
        var account = try find(name)
        try check(grant)
        if let home = name.project, grant.project != home {
            throw .conflict("The service account “\(name)” can hold roles in its own project “\(home)” only.")
        }
        guard !account.grants.contains(grant) else { return account }
        guard account.grants.count < Account.grantsLimit else {
            throw .tooMany("The account “\(name)” holds \(account.grants.count) roles, which is the most there may be.")
        }
        account.grants = (account.grants + [grant]).sorted()
        put(account)
        note(.info, "RoleGranted", .account(name), of: grant.project, "Account “\(name)” was given the role \(words(grant)).", at: now)
        return account
    }

    private mutating func revoke(_ name: AccountName, _ grant: RoleGrant, at now: Timestamp) throws(ErrorBody) -> Account {
        var account = try find(name)
        guard account.grants.contains(grant) else {
            throw ErrorBody(code: .notFound, message: "The account “\(name)” does not hold the role \(words(grant)).")
        }
        if grant.role == .admin { try checkAdminIsLeft(without: account) }
        account.grants.removeAll { $0 == grant }
        put(account)
        note(.info, "RoleRevoked", .account(name), of: grant.project, "Account “\(name)” lost the role \(words(grant)).", at: now)
        return account
    }

    private func check(_ grant: RoleGrant) throws(ErrorBody) {
        switch (grant.role.isClusterWide, grant.project) {
        case (true, nil): break
        case (false, let project?): try checkProject(project)
        case (true, .some): throw .invalid("project: the role \(grant.role.rawValue) is held in the cluster as a whole, so leave the project out.")
        case (false, nil): throw .invalid("project: the role \(grant.role.rawValue) is held in a project; name it.")
        }
    }

    private func words(_ grant: RoleGrant) -> String { grant.project.map { "\(grant.role.rawValue) in project “\($0)”" } ?? grant.role.rawValue }

    private func find(_ name: AccountName) throws(ErrorBody) -> Account {
        guard let account = access.accounts[name]?.value else { throw ErrorBody(code: .notFound, message: "There is no account “\(name)”.") }
        return account
    }

    private func checkAdminIsLeft(without account: Account) throws(ErrorBody) {
        guard account.isAdmin, access.admins == 1 else { return }
        throw .conflict("“\(account.name)” is the last account with the role admin; give that to another first.")
    }

    // MARK: Tokens

    private mutating func createToken(_ kept: KeptToken, at now: Timestamp) throws(ErrorBody) -> AccessToken {
        let token = kept.token
        _ = try find(token.account)
        guard access.tokens[token.id] == nil else { throw .conflict("The id \(token.id) is in use.") }
        let count = access.tokens(of: token.account).count
        guard count < LedgerSettings.Limit.tokensOfAccount, access.tokens.count < LedgerSettings.Limit.tokens else {
            throw .tooMany("The account “\(token.account)” has \(count) tokens; revoke some first.")
        }
        put(kept)
        note(.info, "TokenCreated", .account(token.account), "Account “\(token.account)” was given the token \(token.id).", at: now)
        return token
    }

    private mutating func revokeToken(_ id: TokenID, at now: Timestamp) throws(ErrorBody) -> AccessToken {
        guard let kept = access.tokens[id]?.value else { throw ErrorBody(code: .notFound, message: "There is no token with the id \(id).") }
        remove(kept)
        note(.info, "TokenRevoked", .account(kept.token.account), "The token \(id) of account “\(kept.token.account)” was revoked.", at: now)
        return kept.token
    }

    /// Those that expired a week ago go with it.
    private mutating func tokensUsed(_ uses: [AccessCommand.TokenUse], at now: Timestamp) -> Answer {
        for use in uses {
            guard var kept = access.tokens[use.token]?.value, kept.token.lastUsedAt.map({ $0 < use.at }) ?? true else { continue }
            kept.token.lastUsedAt = use.at
            put(kept)
        }
        let end = now.advanced(by: Milliseconds(seconds: -7 * 86_400))
        for row in access.tokens.values.sorted(by: { $0.key < $1.key }) {
            if let expired = row.value.token.expiresAt, expired < end { remove(row.value) }
        }
        return .done
    }

    // MARK: Rows

    private mutating func put(_ project: Project) { change(access.projects[project.name], project, AccessChange.project) }
    private mutating func remove(_ project: Project) { change(access.projects[project.name], nil, AccessChange.project) }
    private mutating func put(_ account: Account) { change(access.accounts[account.name], account, AccessChange.account) }
    private mutating func remove(_ account: Account) { change(access.accounts[account.name], nil, AccessChange.account) }
    private mutating func put(_ kept: KeptToken) { change(access.tokens[kept.token.id], kept, AccessChange.token) }
    private mutating func remove(_ kept: KeptToken) { change(access.tokens[kept.token.id], nil, AccessChange.token) }

    private mutating func change<Value>(_ before: Row<Value>?, _ after: Value?, _ make: (Edit<Value>) -> AccessChange) {
        record(number: { number in .access(make(Edit(before: before, after: after.map { Row(key: before?.key ?? number, value: $0) }))) })
    }
}
