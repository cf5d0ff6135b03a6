import ClusterModel

/// A change of who may do what.
package enum AccessChange: Sendable {
    case project(Edit<Project>)
    case account(Edit<Account>)
    case token(Edit<KeptToken>)

    package var inverted: Self {
        switch self {
        case .project(let edit): .project(edit.inverted)
        case .account(let edit): .account(edit.inverted)
        case .token(let edit): .token(edit.inverted)
        }
    }
}

/// Projects, accounts and tokens.
package struct AccessState: Sendable {
    package private(set) var projects: [Name: Row<Project>] = [:]
    package private(set) var accounts: [AccountName: Row<Account>] = [:]
    package private(set) var tokens: [TokenID: Row<KeptToken>] = [:]
    private var tokensOf: [AccountName: Set<TokenID>] = [:]
    /// Accounts that hold the role admin.
    package private(set) var admins = 0

    /// Of one account, in the order of their ids.
    package func tokens(of account: AccountName) -> [KeptToken] {
        (tokensOf[account] ?? []).sorted().compactMap { tokens[$0]?.value }
    }

    /// The first project is there even where nobody has written it down.
    package func has(_ project: Name) -> Bool { project == Project.first || projects[project] != nil }

    mutating func install(_ change: AccessChange) {
        switch change {
        case .project(let edit):
            if let before = edit.before { projects[before.value.name] = nil }
            if let after = edit.after { projects[after.value.name] = after }
        case .account(let edit):
            if let before = edit.before {
                accounts[before.value.name] = nil
                if before.value.isAdmin { admins -= 1 }
            }
            if let after = edit.after {
                accounts[after.value.name] = after
                if after.value.isAdmin { admins += 1 }
            }
        case .token(let edit):
            if let before = edit.before?.value.token {
                tokens[before.id] = nil
                tokensOf[before.account]?.remove(before.id)
                if tokensOf[before.account]?.isEmpty ?? false { tokensOf[before.account] = nil }
            }
            if let after = edit.after {
                tokens[after.value.token.id] = after
                tokensOf[after.value.token.account, default: []].insert(after.value.token.id)
            }
        }
    }
}

extension Account {
    package var isAdmin: Bool { grants.contains { $0.role == .admin } }
}
