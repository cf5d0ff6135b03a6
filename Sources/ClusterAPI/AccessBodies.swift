import ClusterModel

package struct ProjectRequest: Hashable, Sendable, Codable {
    package var name: Name
    package var quota: Quota?
    package init(name: Name, quota: Quota? = nil) {
        self.name = name
        self.quota = quota
    }
}

/// What is absent stays as it is.
package struct QuotaRequest: Hashable, Sendable, Codable {
    package var limits: Quota?
    /// These lose their limit.
    package var unlimited: [Quota.Resource]?
    package init(limits: Quota? = nil, unlimited: [Quota.Resource]? = nil) {
        self.limits = limits
        self.unlimited = unlimited
    }
}

package struct QuotaView: Hashable, Sendable, Codable {
    package var project: Name
    package var limits: Quota
    package var used: QuotaUsage
    package init(project: Name, limits: Quota, used: QuotaUsage) {
        self.project = project
        self.limits = limits
        self.used = used
    }
}

/// A user, or a service account of the project that was asked for.
package struct AccountRequest: Hashable, Sendable, Codable {
    package var name: Name
    package init(name: Name) { self.name = name }
}

package struct GrantRequest: Hashable, Sendable, Codable {
    package var account: AccountName
    package var role: Role
    /// Nil for a role in the cluster as a whole.
    package var project: Name?
    package init(account: AccountName, role: Role, project: Name?) {
        self.account = account
        self.role = role
        self.project = project
    }
}

package struct TokenRequest: Hashable, Sendable, Codable {
    /// The caller's own account when absent.
    package var account: AccountName?
    package var note: String?
    /// `AccessToken.lifetime` when absent.
    package var expiresIn: Milliseconds?
    package var neverExpires: Bool?
    package init(account: AccountName? = nil, note: String? = nil, expiresIn: Milliseconds? = nil, neverExpires: Bool? = nil) {
        self.account = account
        self.note = note
        self.expiresIn = expiresIn
        self.neverExpires = neverExpires
    }

    private enum CodingKeys: String, CodingKey {
        case account, note, neverExpires
        case expiresIn = "expiresInMilliseconds"
    }
}

/// The one answer that holds a secret, once.
package struct TokenAnswer: Hashable, Sendable, Codable {
    package var token: AccessToken
    package var secret: String
    package init(token: AccessToken, secret: String) {
        self.token = token
        self.secret = secret
    }
}

package struct WhoAmI: Hashable, Sendable, Codable {
    /// "local" where the controller asks nobody who they are.
    package var account: String
    package var grants: [RoleGrant]
    /// What `--project` is when it is not given; nil where it must be.
    package var project: Name?
    package var token: AccessToken?
    package init(account: String, grants: [RoleGrant], project: Name?, token: AccessToken?) {
        self.account = account
        self.grants = grants
        self.project = project
        self.token = token
    }
}

/// What looking through the whole chain of audit entries found.
package struct AuditVerification: Hashable, Sendable, Codable {
    package var intact: Bool
    /// Where and how the chain is broken.
    package var trouble: String?
    /// Kept entries; 0 where there are none.
    package var first: Int64
    package var last: Int64
    /// "NUMBER:HASH" of the last entry. Noted elsewhere, it shows later that nothing up to it was changed or taken away.
    package var head: String
    /// The same of the last entry that was forgotten; the kept ones are chained to it.
    package var anchor: String
    package init(intact: Bool, trouble: String?, first: Int64, last: Int64, head: String, anchor: String) {
        self.intact = intact
        self.trouble = trouble
        self.first = first
        self.last = last
        self.head = head
        self.anchor = anchor
    }
}
