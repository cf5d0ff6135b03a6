import ClusterModel

/// Changes of who may do what. Whether the caller may is decided before.
package enum AccessCommand: Sendable {
    case createProject(Project)
    case deleteProject(Name)
    /// What `limits` has is set; what `unlimited` names is lifted.
    case setQuota(Name, limits: Quota, unlimited: [Quota.Resource])
    case createAccount(Account)
    case deleteAccount(AccountName)
    case grant(AccountName, RoleGrant)
    case revoke(AccountName, RoleGrant)
    case createToken(KeptToken)
    case revokeToken(TokenID)
    /// When tokens were last used, gathered over a minute.
    case tokensUsed([TokenUse])

    package struct TokenUse: Sendable {
        package var token: TokenID
        package var at: Timestamp
        package init(token: TokenID, at: Timestamp) {
            self.token = token
            self.at = at
        }
    }
}

package enum AccessAnswer: Sendable {
    case project(Project)
    case account(Account)
    case token(AccessToken)
}
